import { decodeJwt } from 'jose';
import type { Order } from '../../client/index.ts';
import { verifyEcheck } from '../../client/echeck.ts';
import { signPresentation } from '../../client/presentation.ts';
import type { Basket, BasketOptions } from './basket.ts';
import { green, money } from './screen.ts';
import { ask, patiently, type Session } from './session.ts';
import { TerminalError } from './terminal-error.ts';

/** The order as the buyer reads it now. */
export function readOrder(session: Session, orderId: string): Promise<Order> {
  return ask(session, () => session.client.GET('/v1/orders/{orderId}', { params: { path: { orderId } } }));
}

/**
 * Orders what is in the basket, at exactly its charge, with the check bound to this terminal. Repeated under the same
 * Idempotency-Key, also after a lost answer, it is the same order. Throws `TerminalError` when the order is refused.
 */
export async function placeOrder(
  session: Session,
  basket: Basket,
  { key, settleOn }: { readonly key: string; readonly settleOn?: BasketOptions['settleOn'] },
): Promise<Order> {
  const { publicKey } = await session.key();
  const { sellerId, distributorId, deliverTo, charge } = basket;
  session.screen.waitFor('ordering');
  const order = await ask(session, () =>
    session.client.POST('/v1/orders', {
      params: { header: { 'Idempotency-Key': key } },
      body: {
        sellerId,
        distributorId,
        lines: [...basket.lines],
        deliverTo,
        expectedCharge: charge,
        payment: 'manual',
        terminalKey: publicKey,
        ...(settleOn && { settleOn }),
      },
    }),
  );
  session.screen.show('ordered', `Ordered ${order.id}, ${money(charge)}.`, {
    orderId: order.id,
    charge,
    stage: order.stage,
  });
  return order;
}

/** What this terminal finds about the check of an order, by the office's public keys alone. */
export interface CheckedOrder extends Order {
  readonly echeck: NonNullable<Order['echeck']> & { readonly jws: string };
}

/**
 * Judges the check before anything is presented: signed by the office, made out to the seller over exactly the charge, and bound to
 * this terminal's key. Throws `TerminalError` for any other.
 */
export async function verifyCheck(session: Session, order: Order): Promise<CheckedOrder> {
  const { echeck, charge, sellerId } = order;
  if (echeck?.jws === undefined) {
    const next = `Wait for it: npm run terminal -- follow ${order.id}`;
    throw new TerminalError(`The order ${order.id} has no check: it is ${order.stage}.`, next);
  }
  const { jws } = echeck;
  const verdict = await patiently(session, () => verifyEcheck(jws, { office: session.office, sellerId }));
  const fault = verdict.valid ? faultOf(verdict.check, order) : `it is ${verdict.reason.replaceAll('_', ' ')}`;
  if (fault !== undefined) throw distrusted(fault);
  await requireOwnKey(session, jws);
  session.screen.show(
    'verified',
    green(`The e-check ${echeck.number} is good: signature, payee, charge and terminal.`),
    {
      number: echeck.number,
      charge,
      sellerId,
    },
  );
  return { ...order, echeck: { ...echeck, jws } };
}

type Said = Extract<Awaited<ReturnType<typeof verifyEcheck>>, { valid: true }>['check'];

function faultOf({ orderId, charge }: Said, order: Order): string | undefined {
  if (orderId !== order.id) return `it is of another order, ${orderId}`;
  const isCharge = charge.amount === order.charge?.amount && charge.currency === order.charge.currency;
  return isCharge ? undefined : `it is over ${money(charge)}, which is not the charge`;
}

async function requireOwnKey(session: Session, jws: string): Promise<void> {
  const { cnf } = decodeJwt<{ cnf?: { jkt?: string } }>(jws);
  const { thumbprint } = await session.key();
  if (cnf?.jkt === thumbprint) return;
  if (cnf?.jkt === undefined) throw distrusted('it is bound to no terminal');
  throw new TerminalError(
    `The check is bound to another terminal's key (${cnf.jkt}).`,
    'Use the key that the order was made with: --key FILE',
  );
}

function distrusted(fault: string): TerminalError {
  return new TerminalError(`The check is not to be trusted: ${fault}.`, 'Present nothing, and ask the check office.');
}

/** Presents check, goods and address to the seller, in one message signed by this terminal. Repeated it is harmless. */
export async function presentCheck(session: Session, order: CheckedOrder): Promise<void> {
  const { id: orderId, lines, deliverTo, echeck } = order;
  if (!deliverTo) throw new TerminalError('The address of the order is gone.', 'Order again.');
  const presentation = await signPresentation(await session.key(), { echeck: echeck.jws, lines, deliverTo });
  session.screen.waitFor('presenting');
  await ask(session, () =>
    session.client.POST('/v1/orders/{orderId}/presentation', { params: { path: { orderId } }, body: { presentation } }),
  );
  session.screen.show('presented', `Presented ${echeck.number} to ${order.sellerId}, signed by this terminal.`, {
    orderId,
    number: echeck.number,
  });
}

/** Indicates the payment of exactly the charge to the seller. Repeated it is harmless. */
export async function indicatePayment(session: Session, { id: orderId, charge, sellerId }: Order): Promise<void> {
  session.screen.waitFor('indicating the payment');
  const body = charge ? { amount: charge } : {};
  await ask(session, () =>
    session.client.POST('/v1/orders/{orderId}/payment-indication', { params: { path: { orderId } }, body }),
  );
  const sum = charge ? money(charge) : 'the charge';
  session.screen.show('indicated', `Indicated the payment of ${sum} to ${sellerId}.`, { orderId, charge });
}
