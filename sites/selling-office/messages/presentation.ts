import type { EntityManager } from '@mikro-orm/postgresql';
import {
  isByPublishedKey,
  signInstruction,
  type InstructedLine,
  type MessageOf,
  type SiteAnswer,
} from '../../../client/site.ts';
import type { Deps } from '../deps.ts';
import { Commodity } from '../entities/commodity.entity.ts';
import { Order } from '../entities/order.entity.ts';
import { lockOrder } from '../orders.ts';
import { addErrand, noteDemand } from '../outbox/errands.ts';
import { handOver, reserve } from '../stock.ts';
import { judgePresentation, type Judged } from './judgement.ts';

/**
 * A check is presented, with the goods and the address (claims 1, 8). The shop judges it, reserves the goods and promises to
 * distribute them, by an instruction that it signs for the distributor (claim 9); or it refuses, and says why.
 */
export async function answerPresentation(deps: Deps, message: MessageOf<'presentation'>): Promise<SiteAnswer> {
  const known = await deps.orm.em.fork().findOne(Order, { id: message.orderId });
  if (known && known.decision !== 'none') return answerOf(await instructedAgain(deps, known));
  // Asks the office, so it stands before the transaction.
  const judged = await judgePresentation(deps, message);
  return deps.orm.em.fork().transactional(async (tx) => {
    const order = await lockOrder(tx, message.orderId);
    if (order.decision === 'none') await decide(deps, tx, order, { message, judged });
    return answerOf(order);
  });
}

/** An instruction whose key was lost before the office had it is signed again: nobody could verify it. */
async function instructedAgain(deps: Deps, known: Order): Promise<Order> {
  if (!known.instruction || (await isByPublishedKey(deps.key, known.instruction))) return known;
  return deps.orm.em.fork().transactional(async (tx) => {
    const order = await lockOrder(tx, known.id);
    order.instruction = await instructionFor(deps, tx, order);
    return order;
  });
}

/** The answer follows from what is on record: a message that comes again is answered as before. */
function answerOf({ decision, reason, instruction }: Order): SiteAnswer {
  if (decision === 'refused') return { verdict: 'refused', body: { reason: reason ?? decision } };
  return instruction ? { verdict: 'promised', body: { instruction } } : { verdict: 'later' };
}

interface Presented {
  readonly message: MessageOf<'presentation'>;
  readonly judged: Judged;
}

async function decide(deps: Deps, tx: EntityManager, order: Order, { message, judged }: Presented): Promise<void> {
  if (order.endedAt) return refuse(order, 'order_ended');
  if (!judged.good) return refuse(order, judged.reason);
  const { body, from } = message;
  const { number, distributorId, charge } = judged.check;
  const { echeck, lines, deliverTo } = body;
  const chargeAmount = charge.amount;
  tx.assign(order, { number, echeck, buyerId: from, distributorId, chargeAmount, currency: charge.currency });
  tx.assign(order, { lines: lines.map(({ sku, quantity }) => ({ sku, quantity })), deliverTo });
  if (!(await reserve(tx, order))) return refuse(order, 'out_of_stock');
  if (order.indicatedAt || order.deliveredAt) await catchUp(deps, tx, order);
  else if (deps.decide === 'by-hand') order.decision = 'waiting';
  else await promise(deps, tx, order);
}

/** The shop's people have accepted it through the API while the presentation was on its way, and the order has gone on. */
async function catchUp(deps: Deps, tx: EntityManager, order: Order): Promise<void> {
  order.decision = 'promised';
  if (order.deliveredAt) await handOver(tx, order);
  await noteDemand(tx, order, deps.clock());
}

function refuse(order: Order, reason: string): void {
  order.decision = 'refused';
  order.reason = reason;
}

/**
 * A receipt has at most 512 KiB, and base64url makes four characters of three. What does not fit (very many lines with very long
 * names) the shop promises through the API, and the office instructs in its name.
 */
const MOST_INSTRUCTION_CHARACTERS = 380_000;

async function promise(deps: Deps, tx: EntityManager, order: Order): Promise<void> {
  order.decision = 'promised';
  const instruction = await instructionFor(deps, tx, order);
  if (instruction.length <= MOST_INSTRUCTION_CHARACTERS) order.instruction = instruction;
  else await addErrand(tx, 'decision', order.id, deps.clock());
}

/** The seller's word to the distributor: what to bring, how heavy it is, and where. */
async function instructionFor(deps: Deps, tx: EntityManager, order: Order): Promise<string> {
  const { id: orderId, distributorId, lines, deliverTo } = order;
  if (!distributorId || !lines || !deliverTo) throw new Error(`order ${orderId} lacks what an instruction says`);
  const goods = await tx.find(Commodity, { sku: { $in: lines.map(({ sku }) => sku) } });
  const bySku = new Map(goods.map((commodity) => [commodity.sku, commodity]));
  const loaded = lines.map(({ sku, quantity }): InstructedLine => {
    const commodity = bySku.get(sku);
    if (!commodity) throw new Error(`commodity ${sku} is not in the catalogue`);
    return { sku, name: commodity.name, quantity, weightGrams: commodity.weightGrams };
  });
  const said = { issuer: deps.party, distributorId, orderId, lines: loaded, deliverTo };
  return signInstruction(deps.key, said, deps.clock());
}
