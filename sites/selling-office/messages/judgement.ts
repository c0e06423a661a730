import { isOfItsTerminal, verifyEcheck, type Echeck, type MessageOf } from '../../../client/site.ts';
import { judgeCharge } from '../catalogue.ts';
import type { Deps } from '../deps.ts';

export type Judged =
  | { readonly good: true; readonly check: Echeck }
  /** `reason` as the buyer reads it. */
  | { readonly good: false; readonly reason: string };

/**
 * Whether the shop may promise: the check offline, by the office's public keys, and who presents it; then the charge, by its own
 * catalogue; then the check at the office, which alone knows what has become of it (claim 2). Throws when the office cannot be asked: nothing
 * is promised, and nothing refused, on a guess.
 */
export async function judgePresentation(deps: Deps, message: MessageOf<'presentation'>): Promise<Judged> {
  const { body } = message;
  const now = deps.clock();
  const verified = await verifyEcheck(body.echeck, {
    office: deps.office,
    sellerId: deps.party,
    now: now.getTime(),
  });
  if (!verified.valid) return invalid(verified.reason);
  const { check } = verified;
  if (!saysTheSame(check, message)) return invalid('altered');
  if (!(await isOfItsTerminal(body))) return invalid('wrong_terminal');
  const { lines, charge } = body;
  const em = deps.orm.em.fork();
  const compared = await judgeCharge(em, { lines, charge, issuedAt: check.issuedAt, now });
  if (compared === 'unknown') return { good: false, reason: 'unknown_commodity' };
  if (compared === 'differs') return { good: false, reason: 'charge_differs' };
  const { valid, reason = 'not valid' } = await deps.api.validate(body.echeck);
  return valid ? { good: true, check } : invalid(reason);
}

/** One check, one order, one buyer, one charge. The goods and the address are compared by the office, which has the digest's salt. */
function saysTheSame(check: Echeck, { orderId, from, body: { charge } }: MessageOf<'presentation'>): boolean {
  const isSameCharge = check.charge.amount === charge.amount && check.charge.currency === charge.currency;
  return check.orderId === orderId && check.buyerId === from && isSameCharge;
}

function invalid(reason: string): Judged {
  return { good: false, reason: `check_invalid: ${reason}` };
}
