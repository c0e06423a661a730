import { Account } from './account.entity.ts';
import { AccountBalance } from './account-balance.view.ts';
import { AccountEntry } from './account-entry.view.ts';
import { ApiKey } from './api-key.entity.ts';
import { CheckWithAccount } from './check-with-account.view.ts';
import { Commodity } from './commodity.entity.ts';
import { DataKey } from './data-key.entity.ts';
import { DistributionReport } from './distribution-report.entity.ts';
import { Distributor } from './distributor.entity.ts';
import { ECheck } from './echeck.entity.ts';
import { Entry } from './entry.entity.ts';
import { Identity } from './identity.entity.ts';
import { IdentityChange } from './identity-change.entity.ts';
import { LateEntry } from './late-entry.entity.ts';
import { PartyMessage } from './party-message.entity.ts';
import { OrderEvent } from './order-event.entity.ts';
import { OutboxReader } from './outbox-reader.entity.ts';
import { Order } from './order.entity.ts';
import { Seller } from './seller.entity.ts';
import { SigningKey } from './signing-key.entity.ts';
import { Transfer } from './transfer.entity.ts';
import { WebhookDelivery } from './webhook-delivery.entity.ts';
import { Webhook } from './webhook.entity.ts';
import { OrderWithCheck } from './order-with-check.view.ts';
import { OutboxEvent } from './outbox-event.view.ts';
import { WebhookState } from './webhook-state.view.ts';
import { WebhookBacklog } from './webhook-backlog.view.ts';
import { DeliveryWithEvent } from './delivery-with-event.view.ts';
import { WaitingOrder } from './waiting-order.view.ts';

/** Every entity, listed by hand: discovery by file name would hide what the database holds. */
export const entities = [
  Account,
  AccountBalance,
  AccountEntry,
  ApiKey,
  CheckWithAccount,
  Commodity,
  DataKey,
  DistributionReport,
  Distributor,
  ECheck,
  Entry,
  Identity,
  IdentityChange,
  LateEntry,
  Order,
  OrderEvent,
  OutboxReader,
  PartyMessage,
  Seller,
  SigningKey,
  Transfer,
  Webhook,
  WebhookDelivery,
  OrderWithCheck,
  OutboxEvent,
  WebhookState,
  WebhookBacklog,
  DeliveryWithEvent,
  WaitingOrder,
];
