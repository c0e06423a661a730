import { decodeJwt } from 'jose';
import type { components, Order } from '../../client/index.ts';
import type { TerminalKey } from '../../client/presentation.ts';

type Presentation = components['schemas']['Presentation'];

/** The thumbprint of the terminal key that a check is bound to (`cnf`); `undefined` for a check that any terminal of its buyer presents. */
export function boundTo(jws: string): string | undefined {
  try {
    return decodeJwt<{ cnf?: { jkt?: string } }>(jws).cnf?.jkt;
  } catch {
    return undefined;
  }
}

/** Whether this browser can present the check: it is bound to none, or to this browser's key. */
export function isPresentableHere(jws: string, key: TerminalKey | null): boolean {
  const bound = boundTo(jws);
  return bound === undefined || bound === key?.thumbprint;
}

/**
 * Check, goods and address in one message (claim 8): of a bound check signed by the terminal's key. Throws where the order cannot be
 * presented from here.
 */
export async function presentationOf(order: Order, key: TerminalKey | null): Promise<Presentation> {
  const { echeck, deliverTo } = order;
  if (echeck?.jws === undefined || deliverTo === null) throw new Error('The order has no check to present.');
  const lines = order.lines.map(({ sku, quantity }) => ({ sku, quantity }));
  const whole = { echeck: echeck.jws, lines, deliverTo };
  if (boundTo(echeck.jws) === undefined) return whole;
  if (!key) throw new Error('The check is bound to another terminal.');
  const { signPresentation } = await import('../../client/presentation.ts');
  return { presentation: await signPresentation(key, whole) };
}
