import type { Role } from './party.ts';

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
const everyParty = ['buyer', 'seller', 'distributor', 'operator'] as const;

/** The one table of role × endpoint × ownership: the routes are refused by it, and a test walks it completely. */
export const ACCESS = {
  listSellers: { roles: everyParty, owns: 'nothing' },
  listCommodities: { roles: everyParty, owns: 'nothing' },
  listDistributors: { roles: everyParty, owns: 'nothing' },

  createOrder: { roles: ['buyer'], owns: 'self' },
  listOrders: { roles: everyParty, owns: 'self' },
  getOrder: { roles: everyParty, owns: 'order' },
  getOrderTimeline: { roles: everyParty, owns: 'order' },
  getOrderMoney: { roles: everyParty, owns: 'order' },

  streamOrderEvents: { roles: everyParty, owns: 'order' },
  streamEvents: { roles: everyParty, owns: 'self' },

  presentCheck: { roles: ['buyer'], owns: 'order' },
  indicatePayment: { roles: ['buyer'], owns: 'order' },
  cancelOrder: { roles: ['buyer', 'operator'], owns: 'order' },
  acceptOrder: { roles: ['seller'], owns: 'order' },
  refuseOrder: { roles: ['seller'], owns: 'order' },
  scheduleDelivery: { roles: ['distributor'], owns: 'order' },
  reportDistribution: { roles: ['distributor'], owns: 'order' },
  refundOrder: { roles: ['seller', 'operator'], owns: 'order' },
  /** Not bound to the order's row: an operator repairs orders while the database is broken, too. */
  interveneInOrder: { roles: ['operator'], owns: 'nothing' },

  getCheck: { roles: everyParty, owns: 'check' },
  validateCheck: { roles: everyParty, owns: 'self' },
  stopCheck: { roles: ['buyer', 'operator'], owns: 'check' },
  getJwks: anyone,
  getStatusList: anyone,

  getOwnAccount: { roles: everyParty, owns: 'self' },
  listOwnEntries: { roles: everyParty, owns: 'self' },
  openAccount: { roles: ['operator'], owns: 'nothing' },
  getAccount: { roles: everyParty, owns: 'account' },
  changeAccount: { roles: ['operator'], owns: 'nothing' },
  depositMoney: { roles: ['operator'], owns: 'nothing' },

  listSellerRegistrations: { roles: ['operator'], owns: 'nothing' },
  getSellerRegistration: { roles: ['operator'], owns: 'nothing' },
  listDistributorRegistrations: { roles: ['operator'], owns: 'nothing' },
  getDistributorRegistration: { roles: ['operator'], owns: 'nothing' },
  registerSeller: { roles: ['operator'], owns: 'nothing' },
  registerDistributor: { roles: ['operator'], owns: 'nothing' },

  createWebhook: { roles: everyParty, owns: 'self' },
  listWebhooks: { roles: everyParty, owns: 'self' },
  getWebhook: { roles: everyParty, owns: 'webhook' },
  enableWebhook: { roles: everyParty, owns: 'webhook' },
  deleteWebhook: { roles: everyParty, owns: 'webhook' },
  rotateWebhookSecret: { roles: everyParty, owns: 'webhook' },
  listWebhookDeliveries: { roles: everyParty, owns: 'webhook' },
  resendWebhookDelivery: { roles: everyParty, owns: 'webhook' },

  createApiKey: { roles: ['operator'], owns: 'nothing' },
  listApiKeys: { roles: ['operator'], owns: 'nothing' },
  revokeApiKey: { roles: ['operator'], owns: 'nothing' },

  getLiveness: anyone,
  getReadiness: anyone,
  getDemoTokens: anyone,
  listProblems: anyone,
  getProblem: anyone,
} as const satisfies Record<string, AccessRule>;

export type OperationId = keyof typeof ACCESS;
