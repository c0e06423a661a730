import type { EntityManager } from '@mikro-orm/postgresql';
import { checkNumberOf, type OrderId } from '../domain/ids.ts';
import type { LedgerRefusal, LedgerRefusalCode } from '../domain/ledger.ts';
import { moneyFromJson, type MoneyJson } from '../domain/money.ts';
import type { DistributorTerms, Parcel } from '../domain/dispatch.ts';
import {
  type DeliverTo,
  type OrderRefusal,
  type OrderView,
  type PricedLine,
  carriedView,
  decidedAs,
  type Decided,
} from '../domain/order.ts';
import type { Agent } from '../domain/party.ts';
import type { PaymentDemanding } from '../domain/settlement.ts';
import type { CheckClaims } from '../domain/echeck.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { thumbprintOf, type SignedCheck } from '../office/checks/index.ts';
import { holdFor, orRefusal } from '../office/ledger/index.ts';
import {
  type RequestedOrder,
  readOrder,
  readOrderState,
  requestDetails,
  requestedEvent,
} from '../office/orders/index.ts';
import type { OrderDeps } from './deps.ts';
import { distributorNotRegistered, judgeDelivery, sellerNotRegistered } from './judgement.ts';

/** The check issuing demand (claims 1, 3, 10): the order, its judged charge, the seller, the distributor, the terminal. */
export interface IssueDemand extends RequestedOrder {
  readonly lines: readonly PricedLine[];
  readonly charge: MoneyJson;
  /** Absent: the office demands the payment in the seller's name. */
  readonly paymentDemand?: PaymentDemanding;
  /** Who acts for seller and distributor, as it was judged. Absent in workflows of before it was kept. */
  readonly agents?: { readonly seller: Agent; readonly distributor: Agent };
}

export type Issued =
  /** `buyerAgent`: who acts for the buyer, by its account; an answer of before 29 November 2026 does not say. */
  | { readonly kind: 'issued'; readonly order: OrderView; readonly buyerAgent?: Agent }
  | { readonly kind: 'refused'; readonly refusal: OrderRefusal }
  /** It was decided before that the order ends: the issue must now not happen. */
  | Decided;

/**
 * Issues the electronic check: the hold, the signed check and the order's row in ONE transaction, so that a check exists iff
 * its hold exists. Registrations and terms are read again under a share lock and the ledger judges the funds under the
 * account's lock: what was judged a moment ago is true now.
 */
export function createIssueSteps(deps: Pick<OrderDeps, 'orm' | 'signing' | 'sealer' | 'clock' | 'checkLifetimeMs'>) {
  return {
    /** The check on record (claims 1, 6). Key: the order itself; a repetition returns the check that exists. */
    async issueCheck(demand: IssueDemand): Promise<Issued> {
      const claims = await claimsOf(demand, deps.clock(), deps.checkLifetimeMs);
      const signed = await deps.signing.signCheck(claims);
      const judge = await judgeOfTerms(deps, demand);
      const transaction = deps.orm.em.fork().transactional((tx) => issueIn(tx, demand, { claims, signed, judge }));
      return orRefusal(transaction, creditDeclined);
    },
  };
}

/** What an issue needs beside its demand. */
interface Prepared {
  readonly claims: CheckClaims;
  readonly signed: SignedCheck;
  readonly judge: (terms: DistributorTerms) => OrderRefusal | undefined;
}

async function issueIn(tx: EntityManager, demand: IssueDemand, { claims, signed, judge }: Prepared): Promise<Issued> {
  const registered = await registeredNow(tx, demand);
  if ('code' in registered) return refusedNow(tx, demand.orderId, registered);
  const undeliverable = judge(registered.terms);
  if (undeliverable) return refusedNow(tx, demand.orderId, undeliverable);
  const taken = await takeOrderRow(tx, demand);
  if (!taken) return alreadyDecided(tx, demand.orderId);
  const { orderId, buyerId, sellerId, charge } = demand;
  const number = checkNumberOf(orderId);
  const hold = await holdFor(tx, { orderId, number, buyerId, sellerId, amount: moneyFromJson(charge) });
  const { jws, kid, statusIndex } = signed;
  await tx.execute(INSERT_CHECK, [
    orderId,
    JSON.stringify(issueEvents(demand, claims, registered)),
    number,
    orderId,
    buyerId,
    sellerId,
    demand.distributorId,
    charge.amount,
    charge.currency,
    jws,
    kid,
    statusIndex,
    hold.id,
    registered.seller,
    registered.distributor,
    claims.issuedAt,
    claims.expiresAt,
  ]);
  return { kind: 'issued', order: await viewOf(tx, orderId), buyerAgent: taken.buyerAgent };
}

/** The check and the first events of its order, in one statement: a round trip less for every order. */
const INSERT_CHECK = `
  with noted as (
    insert into order_events (order_id, key, type, actor, recipient, body, occurred_at)
    select ?, e.key, e.type, e.actor, e.recipient, e.body, coalesce(e."occurredAt", clock_timestamp())
    from jsonb_to_recordset(?::jsonb) as e(key text, type text, actor text, recipient text, body jsonb, "occurredAt" timestamptz)
    on conflict (order_id, key) do nothing
  )
  insert into echecks (number, order_id, buyer_id, seller_id, distributor_id, amount, currency, jws, kid, status, status_index,
    hold_id, seller_version, distributor_version, issued_at, expires_at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'issued', ?, ?, ?, ?, ?, ?)`;

/**
 * Takes the order's row for issuing; `undefined` when the order was decided before. A row that a repeated request left there, with
 * the address sealed again, says from now on what the check rests on. One statement, for two issues may come at once.
 */
async function takeOrderRow(tx: EntityManager, demand: IssueDemand): Promise<{ buyerAgent?: Agent } | undefined> {
  const [row] = await tx.execute<{ agent: Agent | null }[]>(
    `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, deliver_to_sealed, settle_on, created_at,
       charge_amount, currency, request, payment_demand, seller_agent, distributor_agent, payment_status)
     values (?, ?, ?, ?, 'check_issued', ?, ?::jsonb, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, 'held')
     on conflict (id) do update set stage = 'check_issued', request_digest = excluded.request_digest,
       deliver_to_sealed = excluded.deliver_to_sealed, request = excluded.request, lines = excluded.lines, charge_amount = excluded.charge_amount,
       currency = excluded.currency, settle_on = excluded.settle_on, payment_demand = excluded.payment_demand, seller_agent = excluded.seller_agent,
       distributor_agent = excluded.distributor_agent, payment_status = 'held',
       updated_at = now() where orders.stage = 'requested' and orders.ending is null
     returning (select agent from accounts where id = orders.buyer_id) as agent`,
    [
      demand.orderId,
      demand.buyerId,
      demand.sellerId,
      demand.distributorId,
      demand.requestDigest,
      JSON.stringify(demand.lines),
      demand.deliverToSealed,
      demand.settleOn ?? 'delivery',
      demand.requestedAt,
      demand.charge.amount,
      demand.charge.currency,
      JSON.stringify(requestDetails(demand)),
      demand.paymentDemand ?? 'auto',
      demand.agents?.seller ?? null,
      demand.agents?.distributor ?? null,
    ],
  );
  return row && { buyerAgent: row.agent ?? undefined };
}

async function alreadyDecided(tx: EntityManager, orderId: OrderId): Promise<Issued> {
  const { ending } = await readOrderState(tx, orderId);
  if (ending) return decidedAs(ending);
  const [buyer] = await tx.execute<{ agent: Agent }[]>(
    'select a.agent from orders o join accounts a on a.id = o.buyer_id where o.id = ?',
    [orderId],
  );
  return { kind: 'issued', order: await viewOf(tx, orderId), buyerAgent: buyer?.agent };
}

/** What has changed after the check was issued does not take the check back. */
async function refusedNow(tx: EntityManager, orderId: OrderId, refusal: OrderRefusal): Promise<Issued> {
  const { stage = 'requested', ending } = await readOrderState(tx, orderId);
  return stage === 'requested' && !ending ? { kind: 'refused', refusal } : alreadyDecided(tx, orderId);
}

interface Registered {
  readonly seller: number;
  readonly distributor: number;
  readonly terms: DistributorTerms;
}

/** The registry rows, both locked against change, by one statement, until the check is on record. */
async function registeredNow(tx: EntityManager, demand: IssueDemand): Promise<Registered | OrderRefusal> {
  const [row] = await tx.execute<
    { seller: number | null; distributor: number | null; terms: DistributorTerms | null }[]
  >(
    `with s as (select version from sellers where id = ? and status = 'active' for share),
      d as (select version, terms from distributors where id = ? and status = 'active' for share)
     select (select version from s) as seller, (select version from d) as distributor, (select terms from d) as terms`,
    [demand.sellerId, demand.distributorId],
  );
  if (!row?.seller) return sellerNotRegistered(demand.sellerId);
  if (!row.distributor || !row.terms) return distributorNotRegistered(demand.distributorId);
  return { seller: row.seller, distributor: row.distributor, terms: row.terms };
}

/**
 * Says whether the terms of this moment still allow the delivery; the address is opened before the transaction. Lines that were
 * priced before they said what they weigh are not judged.
 */
async function judgeOfTerms(
  { sealer, clock }: Pick<OrderDeps, 'sealer' | 'clock'>,
  { lines, deliverToSealed, requestedAt }: IssueDemand,
): Promise<Prepared['judge']> {
  const parcels = lines.filter(isParcel);
  if (parcels.length < lines.length) return () => undefined;
  const place = await sealer.open<DeliverTo>(deliverToSealed);
  return (terms) => judgeDelivery({ parcels, place, terms, orderedAt: new Date(requestedAt) }, clock());
}

function isParcel(line: PricedLine): line is PricedLine & Parcel {
  return line.weightGrams !== undefined && line.handlingHours !== undefined;
}

async function claimsOf(demand: IssueDemand, now: Date, lifetimeMs: number): Promise<CheckClaims> {
  const { terminalKey } = demand;
  return {
    number: checkNumberOf(demand.orderId),
    orderId: demand.orderId,
    terminal: { buyerId: demand.buyerId, terminalId: demand.terminalId },
    ...(terminalKey && { cnf: { jkt: await thumbprintOf(terminalKey) } }),
    sellerId: demand.sellerId,
    distributorId: demand.distributorId,
    charge: demand.charge,
    orderDigest: demand.orderDigest,
    issuedAt: wholeSeconds(now.getTime()),
    expiresAt: wholeSeconds(now.getTime() + lifetimeMs),
  };
}

/** A JWT's times are whole seconds; the register keeps the same instant. */
function wholeSeconds(timeMs: number): string {
  return new Date(Math.floor(timeMs / 1000) * 1000).toISOString();
}

function issueEvents(demand: IssueDemand, claims: CheckClaims, versions: Registered): NewEvent[] {
  const service = (type: NewEvent['type'], body: NewEvent['body']): NewEvent => ({
    key: type,
    type,
    actor: 'check-office',
    body,
  });
  return [
    requestedEvent(demand),
    { ...service('charge_obtained', { charge: demand.charge, lines: demand.lines }), actor: demand.buyerId },
    service('credit_judged', { good: true }),
    service('seller_verified', { sellerId: demand.sellerId, version: versions.seller }),
    service('distributor_verified', { distributorId: demand.distributorId, version: versions.distributor }),
    {
      ...service('check_issued', { number: claims.number, charge: claims.charge, expiresAt: claims.expiresAt }),
      recipient: demand.buyerId,
    },
  ];
}

/** What the ledger says no to when it is asked for the hold; anything else is a fault. */
function creditDeclined({ code }: LedgerRefusal): Issued | undefined {
  const detail = CREDIT_DECLINED[code];
  return detail === undefined ? undefined : { kind: 'refused', refusal: { code: 'credit-declined', detail } };
}

const CREDIT_DECLINED: Partial<Record<LedgerRefusalCode, string>> = {
  insufficient_funds: 'Funds and credit line do not cover the charge.',
  account_not_open: "The buyer's account is not open.",
};

async function viewOf(tx: EntityManager, orderId: OrderId): Promise<OrderView> {
  const record = await readOrder(tx, orderId);
  if (!record) throw new Error(`order ${orderId} is not on record`);
  return carriedView(record.view);
}
