import { ROLES, type Role } from '../../domain/party.ts';

/**
 * Who may call an endpoint. `owns` says what a party must own to find it there: `order` and `check` are the order in the
 * path (of its buyer, seller or distributor), `account` and `webhook` those in the path, `self` what is the party's own by
 * construction, `nothing` is the same for everybody. Operators find everything.
 */
export interface AccessRule {
  readonly roles: 'public' | readonly Role[];
  readonly owns: 'nothing' | 'self' | 'order' | 'check' | 'account' | 'webhook';
}

const anyone: AccessRule = { roles: 'public', owns: 'nothing' };

/** The one table of role × endpoint × ownership: the routes are refused by it, and a test walks it completely. */
export const ACCESS = {
  getMe: { roles: ROLES, owns: 'self' },
  getSignIn: anyone,
  listCountries: anyone,

  listSellers: { roles: ROLES, owns: 'nothing' },
  listCommodities: { roles: ROLES, owns: 'nothing' },
  listDistributors: { roles: ROLES, owns: 'nothing' },

  createOrder: { roles: ['buyer'], owns: 'self' },
  listOrders: { roles: ROLES, owns: 'self' },
  getOrder: { roles: ROLES, owns: 'order' },
  getOrderTimeline: { roles: ROLES, owns: 'order' },
  /** A distributor carries goods, not money. */
  getOrderMoney: { roles: ['buyer', 'seller', 'operator'], owns: 'order' },
  /** A party's own, and those in its name. */
  getOrderMessages: { roles: ROLES, owns: 'order' },
  /** An operator reads an address for a reason that is put on record; the parties have it in the order. */
  readDeliveryAddress: { roles: ['operator'], owns: 'order' },

  streamOrderEvents: { roles: ROLES, owns: 'order' },
  streamEvents: { roles: ROLES, owns: 'self' },

  presentCheck: { roles: ['buyer'], owns: 'order' },
  indicatePayment: { roles: ['buyer'], owns: 'order' },
  cancelOrder: { roles: ['buyer', 'operator'], owns: 'order' },
  acceptOrder: { roles: ['seller'], owns: 'order' },
  refuseOrder: { roles: ['seller'], owns: 'order' },
  scheduleDelivery: { roles: ['distributor'], owns: 'order' },
  reportDistribution: { roles: ['distributor'], owns: 'order' },
  /** Of its own calendar. */
  listDeliverySlots: { roles: ['distributor', 'operator'], owns: 'order' },
  refundOrder: { roles: ['seller', 'operator'], owns: 'order' },
  /** Not bound to the order's row: an operator repairs orders while the database is broken, too. */
  diagnoseOrder: { roles: ['operator'], owns: 'nothing' },
  interveneInOrder: { roles: ['operator'], owns: 'nothing' },

  getStatistics: { roles: ['operator'], owns: 'nothing' },
  startReconciliation: { roles: ['operator'], owns: 'nothing' },
  listReconciliations: { roles: ['operator'], owns: 'nothing' },
  listWaitingOrders: { roles: ['operator'], owns: 'nothing' },

  listChecks: { roles: ['operator'], owns: 'nothing' },
  getCheck: { roles: ROLES, owns: 'check' },
  validateCheck: { roles: ROLES, owns: 'self' },
  /** Which check it is, and whose, says the check itself. */
  demandPayment: { roles: ['seller'], owns: 'self' },
  stopCheck: { roles: ['buyer', 'operator'], owns: 'check' },
  getJwks: anyone,
  getStatusList: anyone,

  getOwnAccount: { roles: ROLES, owns: 'self' },
  listOwnEntries: { roles: ROLES, owns: 'self' },
  listAccounts: { roles: ['operator'], owns: 'nothing' },
  openAccount: { roles: ['operator'], owns: 'nothing' },
  getAccount: { roles: ROLES, owns: 'account' },
  changeAccount: { roles: ['operator'], owns: 'nothing' },
  depositMoney: { roles: ['operator'], owns: 'nothing' },
  payOut: { roles: ['buyer', 'seller', 'operator'], owns: 'account' },
  getStatement: { roles: ['buyer', 'seller', 'operator'], owns: 'account' },

  listSellerRegistrations: { roles: ['operator'], owns: 'nothing' },
  getSellerRegistration: { roles: ['operator'], owns: 'nothing' },
  listDistributorRegistrations: { roles: ['operator'], owns: 'nothing' },
  getDistributorRegistration: { roles: ['operator'], owns: 'nothing' },
  getOwnRegistration: { roles: ['seller', 'distributor'], owns: 'self' },
  changeOwnRegistration: { roles: ['seller', 'distributor'], owns: 'self' },
  registerSeller: { roles: ['operator'], owns: 'nothing' },
  registerDistributor: { roles: ['operator'], owns: 'nothing' },

  createWebhook: { roles: ROLES, owns: 'self' },
  listWebhooks: { roles: ROLES, owns: 'self' },
  getWebhook: { roles: ROLES, owns: 'webhook' },
  enableWebhook: { roles: ROLES, owns: 'webhook' },
  deleteWebhook: { roles: ROLES, owns: 'webhook' },
  rotateWebhookSecret: { roles: ROLES, owns: 'webhook' },
  listWebhookDeliveries: { roles: ROLES, owns: 'webhook' },
  resendWebhookDelivery: { roles: ROLES, owns: 'webhook' },

  createApiKey: { roles: ['operator'], owns: 'nothing' },
  listApiKeys: { roles: ['operator'], owns: 'nothing' },
  revokeApiKey: { roles: ['operator'], owns: 'nothing' },

  listIdentities: { roles: ['operator'], owns: 'nothing' },
  putIdentity: { roles: ['operator'], owns: 'nothing' },
  deleteIdentity: { roles: ['operator'], owns: 'nothing' },

  getLiveness: anyone,
  getReadiness: anyone,
  getDemoTokens: anyone,
  listProblems: anyone,
  getProblem: anyone,
} as const satisfies Record<string, AccessRule>;

export type OperationId = keyof typeof ACCESS;
