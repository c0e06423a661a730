import { refusalOfStatus, type CheckFacts } from './check-rules.ts';
import type { CheckRefusal } from './echeck.ts';

/**
 * What the signed status list says of one check in four bits (IETF Token Status List, section 7): 0 to 2 are the
 * standard's, 3 and 12 to 15 are left to applications.
 */
export const STATUS_TYPES = {
  open: 0x00,
  voided: 0x01,
  /** The standard's SUSPENDED: the buyer's account is frozen, for now. */
  account_frozen: 0x02,
  /** Accepted, cleared or final: a check pays once. */
  used: 0x03,
  stopped: 0x0c,
  expired: 0x0d,
  refunded: 0x0e,
  account_closed: 0x0f,
} as const;
export type StatusType = keyof typeof STATUS_TYPES;

const REFUSAL_OF_TYPE: Readonly<Record<StatusType, CheckRefusal | undefined>> = {
  open: undefined,
  voided: 'voided',
  account_frozen: 'account_frozen',
  used: 'already_presented',
  stopped: 'stopped',
  expired: 'expired',
  refunded: 'already_presented',
  account_closed: 'account_closed',
};

/** The entry of a check: its own fate first, then its account, as the check office judges online (`refusalOf`). */
export function statusTypeOf({
  status,
  accountStatus,
  keyRevoked,
}: Pick<CheckFacts, 'status' | 'accountStatus' | 'keyRevoked'>): StatusType {
  if (keyRevoked) return 'voided';
  if (status === 'refunded') return 'refunded';
  const refusal = refusalOfStatus(status);
  if (refusal === 'stopped' || refusal === 'expired' || refusal === 'voided') return refusal;
  if (refusal) return 'used';
  return accountStatus === 'open' ? 'open' : `account_${accountStatus}`;
}

/** Why an offline verifier refuses a check with that entry; `undefined` when it may be accepted. */
export function refusalOfStatusType(type: StatusType): CheckRefusal | undefined {
  return REFUSAL_OF_TYPE[type];
}

/** Reads an entry; `undefined` for a value that this version does not know, which must be refused. */
export function parseStatusType(value: number): StatusType | undefined {
  return TYPE_OF_VALUE.get(value);
}

const TYPE_OF_VALUE = new Map(
  (Object.keys(STATUS_TYPES) as StatusType[]).map((type) => [STATUS_TYPES[type] as number, type]),
);
