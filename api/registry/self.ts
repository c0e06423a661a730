import {
  changeOwnDistributor,
  changeOwnSeller,
  MOST_OFFERS,
  readDistributor,
  readSeller,
  type SelfRefusalCode,
} from '../../office/registry/index.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../http/endpoint.ts';
import { valueOf, invalidField } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';
import { notifyWaitingOrders } from './notify-orders.ts';
import { found, offerPage, wholeSellerPage } from './pages.ts';
import { requireGoodSite, siteMissing } from './site.ts';
import { offersQuery, ownRegistration, selfChange } from './schema.ts';

const tag = 'Registry';
const path = '/v1/registry/self';
const responses = { 200: { description: 'The registration as it stands.', schema: ownRegistration } };
/** A thousand offers with the longest names, as raw UTF-8. */
const MOST_CHANGE_BYTES = 2 * 1024 * 1024;

type Registered = Party<'seller' | 'distributor'>;

export const getOwnRegistration = endpoint({
  method: 'get',
  path,
  operationId: 'getOwnRegistration',
  tag,
  summary: "Read one's own registration: a seller's with its offers, a distributor's with its terms",
  query: offersQuery,
  responses,
  problems: ['not-found'],
  answer: async ({ party, query }, deps) => ({ status: 200, body: await ownOf(deps, party, query) }),
});

export const changeOwnRegistration = endpoint({
  method: 'patch',
  path,
  operationId: 'changeOwnRegistration',
  tag,
  summary: "Change one's own offers and prices, or terms, and one's agent",
  description:
    'What is not named stays. Orders that wait for the party are tried again at once. Status, fee and when a seller is paid are the ' +
    "check office's to change; a suspended party may change what is its own.",
  body: selfChange,
  maxBodyBytes: MOST_CHANGE_BYTES,
  responses,
  problems: ['not-found', 'account-conflict', 'version-conflict', 'limit-reached'],
  answer: async ({ party, body }, deps) => {
    const { id, role } = party;
    const { terms, commodities, ...change } = body;
    requireGoodSite(deps, change.site);
    if (role === 'seller') {
      if (terms) throw invalidField('/terms', "is a distributor's", 'A seller has no terms.');
      const outcome = await changeOwnSeller(deps.orm, { id, commodities, ...change });
      if (!outcome.ok && outcome.code === 'offer-incomplete')
        throw invalidField('/commodities', 'must say all of a new one', `${outcome.detail}.`);
      if (!outcome.ok && outcome.code === 'site-required') throw siteMissing(outcome.detail);
      valueOf(outcome, PROBLEM_OF);
      notifyWaitingOrders(deps, { sellerId: id });
    } else {
      if (commodities) throw invalidField('/commodities', "is a seller's", 'A distributor has no commodities.');
      const outcome = await changeOwnDistributor(deps.orm, { id, terms, ...change });
      if (!outcome.ok && outcome.code === 'site-required') throw siteMissing(outcome.detail);
      valueOf(outcome, PROBLEM_OF);
      notifyWaitingOrders(deps, { distributorId: id });
    }
    return { status: 200, body: await ownOf(deps, party, { limit: MOST_OFFERS }) };
  },
});

const PROBLEM_OF: Record<SelfRefusalCode, ProblemSlug> = {
  'not-registered': 'not-found',
  'version-conflict': 'version-conflict',
  'site-required': 'invalid-request',
  'offer-incomplete': 'invalid-request',
  'currency-mismatch': 'account-conflict',
  'too-many-offers': 'limit-reached',
};

/** The party's registration; a seller's with a page of its offers. Throws `not-found` when it is not registered in its role. */
async function ownOf({ orm }: ApiDeps, { id, role }: Registered, query: { limit: number; cursor?: string }) {
  const em = orm.em.fork();
  if (role === 'distributor') return found(await readDistributor(em, id), role);
  return wholeSellerPage(found(await readSeller(em, id, offerPage(query)), role), query.limit);
}
