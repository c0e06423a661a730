import type { Logger } from 'pino';
import type { OrderId } from '../domain/ids.ts';
import type { Orm } from '../platform/orm.ts';
import type { DeskSettings } from '../platform/settings-desk.ts';
import type { Sealer } from '../platform/sealing.ts';
import type { CheckSigning, KeyRing, StatusListPublisher } from '../office/checks/index.ts';
import type { Identities } from './auth/identities.ts';
import type { VerifyToken } from './auth/tokens.ts';
import type { EventFeed } from './events/event-feed.ts';
import type { DemoToken, Readiness } from './service/schema.ts';
import type { Watching } from './service/watching.ts';
import type { OrderGateway } from './temporal/order-gateway.ts';

/** What the routes are given: the parts, and the one watch over queues and orders that the app makes of them. */
export interface AppDeps extends ApiDeps {
  readonly watching: Watching;
}

/** Everything that the routes reach: built once by the process, or by a test. */
export interface ApiDeps {
  /** What is written, and what must be read in the same transaction. */
  readonly orm: Orm;
  /** Connections of their own for what is only read: it is answered while writers wait for a lock. */
  readonly reads: Orm;
  /** The connections of the process, by what they are for; absent where a test shares one pool. */
  readonly pools?: Readonly<Record<string, Orm>>;
  readonly gateway: OrderGateway;
  readonly sealer: Sealer;
  readonly events: EventFeed;
  readonly keyRing: KeyRing;
  readonly signing: CheckSigning;
  readonly statusList: StatusListPublisher;
  readonly verify: VerifyToken;
  /** Who subjects of outside issuers are here. */
  readonly identities: Identities;
  /** The outside issuers whose tokens are taken. */
  readonly tokenIssuers: readonly string[];
  readonly logger: Logger;
  /** Requests are spans of traces. */
  readonly traced?: boolean;
  readonly clock: () => Date;
  /** Asks Temporal, the database and its migrations how they are; never throws. */
  readonly readiness: () => Promise<Omit<Readiness, 'troubles'>>;
  /** Aborted from the moment on at which the process is asked to end. */
  readonly ending?: AbortSignal;
  /** Embedded mode only: tokens of the demo parties, then of the others that are registered. */
  readonly demoTokens?: () => Promise<readonly DemoToken[]>;
  /** How people sign in at the desks, where it is not by the demo parties' tokens. */
  readonly desk: DeskSettings;
  /** Where operators find the workflow of an order in the Temporal UI; absent where the settings do not name that. */
  readonly workflowUrl?: (orderId: OrderId) => string;
  /** Webhooks may go to private and loopback addresses, and over plain http. */
  readonly allowPrivateTargets: boolean;
  /** Whether a party's own server at that address may be a private or loopback one, over plain http. */
  readonly privateSiteAllowed: (url: string) => boolean;
  /** Requests per minute and party. */
  readonly rateLimit: number;
  /** The metrics are shown at an address of their own, so not here. */
  readonly metricsApart?: boolean;
  /** Proxies before the API, whose word on the caller's address counts. */
  readonly trustedProxies: number;
}
