import type { Endpoint } from '../endpoint.ts';
import * as accounts from './accounts.ts';
import * as apiKeys from './api-keys.ts';
import * as buyer from './buyer-actions.ts';
import * as distributor from './distributor-actions.ts';
import * as echecks from './echecks.ts';
import * as events from './events.ts';
import * as interventions from './interventions.ts';
import * as orderReading from './order-reading.ts';
import * as orderStart from './order-start.ts';
import * as problems from './problems.ts';
import * as registrations from './registrations.ts';
import * as registry from './registry.ts';
import * as seller from './seller-actions.ts';
import * as service from './service.ts';
import * as webhooks from './webhooks.ts';

/** The route table: Express, the OpenAPI document, the typed client and the authorisation test are made from it. */
export const endpoints: readonly Endpoint[] = [
  registry,
  registrations,
  orderStart,
  orderReading,
  buyer,
  seller,
  distributor,
  interventions,
  events,
  webhooks,
  apiKeys,
  echecks,
  accounts,
  service,
  problems,
].flatMap((resource): Endpoint[] => Object.values(resource));
