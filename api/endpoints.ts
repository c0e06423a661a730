import type { Endpoint } from './http/endpoint.ts';
import * as accounts from './accounts/endpoints.ts';
import { payOut } from './accounts/payouts.ts';
import { getStatement } from './accounts/statement.ts';
import * as apiKeys from './api-keys/endpoints.ts';
import * as buyer from './orders/buyer.ts';
import * as distributor from './orders/distributor.ts';
import { readDeliveryAddress } from './orders/delivery-address.ts';
import * as countries from './countries/endpoints.ts';
import * as echecks from './echecks/endpoints.ts';
import { demandPayment } from './echecks/payment-demands.ts';
import { getOrderMessages } from './orders/messages.ts';
import * as events from './events/endpoints.ts';
import * as identities from './identities/endpoints.ts';
import * as interventions from './orders/interventions.ts';
import * as orderReading from './orders/reading.ts';
import { listDeliverySlots } from './orders/delivery-slots.ts';
import { diagnoseOrder } from './orders/diagnosis.ts';
import { listWaitingOrders } from './orders/waiting-orders.ts';
import { createOrder } from './orders/place-order.ts';
import * as registry from './registry/endpoints.ts';
import { changeOwnRegistration, getOwnRegistration } from './registry/self.ts';
import * as seller from './orders/seller.ts';
import * as service from './service/endpoints.ts';
import * as signIn from './sign-in/endpoints.ts';
import * as reconciliation from './reconciliation/endpoints.ts';
import * as statistics from './statistics/endpoints.ts';
import * as webhooks from './webhooks/endpoints.ts';

/** The route table: Express, the OpenAPI document, the typed client and the authorisation test are made from it. */
export const endpoints: readonly Endpoint[] = [
  signIn,
  countries,
  registry,
  { getOwnRegistration, changeOwnRegistration },
  { createOrder },
  orderReading,
  buyer,
  seller,
  distributor,
  interventions,
  { diagnoseOrder },
  statistics,
  reconciliation,
  { readDeliveryAddress, getOrderMessages, listDeliverySlots, listWaitingOrders },
  events,
  webhooks,
  apiKeys,
  identities,
  echecks,
  { demandPayment },
  accounts,
  { payOut, getStatement },
  service,
].flatMap((resource): Endpoint[] => Object.values(resource));
