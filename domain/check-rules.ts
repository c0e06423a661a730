import type { CheckClaims, CheckRefusal, CheckStatus } from './echeck.ts';
import type { Money } from './money.ts';
import type { AccountStatus } from './party.ts';

/** What the check register, the account database and the key register know about one check. */
export interface CheckFacts {
  readonly number: string;
  readonly orderId: string;
  readonly status: CheckStatus;
  readonly amount: Money;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly expiresAt: Date;
  /** The buyer's account. */
  readonly accountStatus: AccountStatus;
  /** The key that signed it was revoked after it had signed. */
  readonly keyRevoked: boolean;
}

/** Who asks about a check whose signature holds, and against what. What is absent is not compared. */
export interface CheckQuestion {
  readonly claims: CheckClaims;
  readonly now: Date;
  /** The buyer who presents it: a check has one holder. */
  readonly presentedBy?: string;
  /** The seller who would accept it: a check has one payee. */
  readonly acceptedBy?: string;
  /** The order that it is to pay: one check, one order. */
  readonly orderId?: string;
  /** The digest of the goods and the address that came with it. */
  readonly orderDigest?: string;
  /** The same as a check has it that was issued before texts were compared in NFC. */
  readonly formerOrderDigest?: string;
  /** True at the presentation itself, which happens once. */
  readonly presenting?: boolean;
  /**
   * The thumbprint of the key that signed the presentation; `null` when the signature is not by the terminal's key. Absent: it was
   * not signed. Compared at the presentation alone.
   */
  readonly terminalKey?: string | null;
}

/**
 * Why the check office refuses a check; `undefined` when it is good. The first reason that applies is given, in an order
 * that an offline verifier can follow: what the check itself says, then its fate, then its account.
 */
export function refusalOf(facts: CheckFacts | undefined, question: CheckQuestion): CheckRefusal | undefined {
  if (!facts) return 'not_found';
  if (facts.keyRevoked) return 'bad_signature';
  if (facts.expiresAt <= question.now) return 'expired';
  if (wasAltered(facts, question)) return 'altered';
  if (isForOthers(facts, question)) return 'wrong_payee';
  if (isFromOtherTerminal(question)) return 'wrong_terminal';
  return refusalOfStatus(facts.status, question.presenting) ?? refusalOfAccount(facts.accountStatus);
}

/** What speaks by now against a check that was good before: asked again when a presented check is accepted. */
export function refusalOnAcceptance(
  {
    keyRevoked,
    expiresAt,
    status,
    accountStatus,
  }: Pick<CheckFacts, 'keyRevoked' | 'expiresAt' | 'status' | 'accountStatus'>,
  now: Date,
): CheckRefusal | undefined {
  if (keyRevoked) return 'bad_signature';
  if (expiresAt <= now) return 'expired';
  return refusalOfStatus(status) ?? refusalOfAccount(accountStatus);
}

/** A signed check that says something else than the register, or came with other goods or for another order. */
function wasAltered(facts: CheckFacts, { claims, orderId, orderDigest, formerOrderDigest }: CheckQuestion): boolean {
  return (
    claims.number !== facts.number ||
    claims.orderId !== facts.orderId ||
    claims.terminal.buyerId !== facts.buyerId ||
    claims.sellerId !== facts.sellerId ||
    claims.charge.currency !== facts.amount.currency ||
    BigInt(claims.charge.amount) !== facts.amount.amountMinor ||
    (orderId !== undefined && orderId !== claims.orderId) ||
    (orderDigest !== undefined && ![orderDigest, formerOrderDigest].includes(claims.orderDigest))
  );
}

function isForOthers(facts: CheckFacts, { presentedBy, acceptedBy }: CheckQuestion): boolean {
  return (
    (presentedBy !== undefined && presentedBy !== facts.buyerId) ||
    (acceptedBy !== undefined && acceptedBy !== facts.sellerId)
  );
}

/** A bound check is presented by what its terminal's key has signed, and an unbound one by no signed presentation. */
function isFromOtherTerminal({ claims, presenting = false, terminalKey }: CheckQuestion): boolean {
  return presenting && terminalKey !== claims.cnf?.jkt;
}

/** What a check's status alone says against accepting it; `presenting` a check that was presented is refused, too. */
export function refusalOfStatus(status: CheckStatus, presenting = false): CheckRefusal | undefined {
  if (status === 'presented') return presenting ? 'already_presented' : undefined;
  return REFUSAL_OF_STATUS[status];
}

const REFUSAL_OF_STATUS: Readonly<Record<Exclude<CheckStatus, 'presented'>, CheckRefusal | undefined>> = {
  issued: undefined,
  accepted: 'already_presented',
  cleared: 'already_presented',
  final: 'already_presented',
  refunded: 'already_presented',
  stopped: 'stopped',
  expired: 'expired',
  voided: 'voided',
  returned: 'voided',
};

function refusalOfAccount(status: AccountStatus): CheckRefusal | undefined {
  if (status === 'frozen') return 'account_frozen';
  if (status === 'closed') return 'account_closed';
  return undefined;
}
