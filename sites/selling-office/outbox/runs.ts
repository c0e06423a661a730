import { readCatalogue } from '../catalogue.ts';
import type { Deps } from '../deps.ts';
import type { ErrandKind } from '../entities/errand.entity.ts';
import { Order } from '../entities/order.entity.ts';
import type { Answer, Offer, OfficeApi } from '../office.ts';
import { lockOrder } from '../orders.ts';
import type { Came, Run } from './outbox.ts';

/** How each errand is run. */
export function errandRuns(deps: Omit<Deps, 'wake'>): Readonly<Record<ErrandKind, Run>> {
  return {
    offers: () => offerAll(deps),
    demand: (orderId) => demandPayment(deps, orderId),
    decision: (orderId) => sayDecision(deps, orderId),
  };
}

type RunDeps = Omit<Deps, 'wake'>;

/** The office takes so many changes at once. */
const MOST_CHANGES = 1_000;

async function offerAll({ orm, api }: RunDeps): Promise<Came> {
  const offers = (await readCatalogue(orm.em.fork())).map(
    ({ sku, name, priceAmount: amount, currency, weightGrams, handlingHours }) =>
      ({ sku, name, price: { amount, currency }, weightGrams, handlingHours }) as Offer,
  );
  for (let first = 0; first < offers.length; first += MOST_CHANGES) {
    const answer = await api.offer(offers.slice(first, first + MOST_CHANGES));
    if ('refused' in answer) return { to: 'later', note: `not offered: ${answer.refused}` };
  }
  return { to: 'done', note: `${offers.length} commodities on offer` };
}

/**
 * Demands an order's payment (claims 5, 7): after the notice where it is settled then, else once the delivery is complete. It
 * is repeated until the office has answered: suspended or too early is asked again, a check that it refuses is not.
 */
async function demandPayment({ orm, api, clock }: RunDeps, orderId: string): Promise<Came> {
  const order = await orm.em.fork().findOneOrFail(Order, { id: orderId });
  if (!order.echeck || order.decision !== 'promised') return { to: 'waits', note: 'not promised' };
  // Noted again while it was being answered.
  if (order.demandedAt) return { to: 'done', note: 'paid on the demand before' };
  if (!order.deliveredAt && (await api.settleOn(orderId)) === 'delivery')
    return { to: 'waits', note: 'paid on delivery' };
  const answer = await api.demand(order.echeck, referenceOf(orderId));
  if ('refused' in answer) return { to: finality(answer), note: `not paid: ${answer.refused}` };
  await orm.em.fork().transactional(async (tx) => {
    (await lockOrder(tx, orderId)).demandedAt ??= clock();
  });
  return { to: 'done', note: `paid: ${answer.done.amount} ${answer.done.currency} in minor units` };
}

/** Stands in the office's books with the demand. */
function referenceOf(orderId: string): string {
  return `loom-${orderId.replace(/^order-/, '')}`;
}

/** What the shop's people have decided; that the order has gone on, or has ended, is an answer as well. */
async function sayDecision({ orm, api }: RunDeps, orderId: string): Promise<Came> {
  const { decision, reason } = await orm.em.fork().findOneOrFail(Order, { id: orderId });
  if (decision !== 'promised' && decision !== 'refused') return { to: 'waits', note: 'not decided' };
  const answer = await (decision === 'promised' ? api.accept(orderId) : refuse(api, orderId, reason ?? undefined));
  if ('done' in answer) return { to: 'done', note: `the office knows: ${decision}` };
  return { to: finality(answer), note: `not taken: ${answer.refused}` };
}

/** The buyer must not wait because of the words: what the office does not take for a reason is refused without it. */
async function refuse(api: OfficeApi, orderId: string, reason = REFUSED): Promise<Answer<unknown>> {
  const answer = await api.refuse(orderId, reason);
  return 'slug' in answer && answer.slug === 'invalid-request' ? api.refuse(orderId, REFUSED) : answer;
}

const REFUSED = 'refused by the seller';

/** What the office may answer otherwise later: a suspension is lifted, an order is not where it will be. */
const NOT_YET: readonly string[] = ['illegal-transition', 'party-suspended', 'not-found', 'conflict'];

function finality({ slug }: Extract<Answer<unknown>, { slug: string }>): Came['to'] {
  return NOT_YET.includes(slug) ? 'later' : 'done';
}
