import { decodeJwt, decodeProtectedHeader } from 'jose';
import { openEcheck, type Echeck, type OpenedEcheck } from '../../client/echeck.ts';
import type { Money } from '../../client/index.ts';
import type { Office } from '../../client/office.ts';
import { readCheckStatus, type CheckStatus } from '../../client/status-list.ts';

/** What the order says that its check must say as well. */
export interface OrderOfCheck {
  readonly id: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly charge: Money | null;
  readonly echeck: { readonly number: string } | null;
}

/** With what a check is signed. */
export interface Signature {
  readonly keyId: string;
  readonly issuer: string;
  /** As it stands in the JWS: base64url. */
  readonly text: string;
}

/**
 * Whether a check is the office's, over this very order; what it says is told only if so. Goods and address are none of it: of them
 * the check has a salted digest, and the office alone keeps the salt.
 */
export type CheckVerdict =
  | {
      readonly verified: true;
      readonly check: Echeck;
      readonly signature: Signature;
      /** Whether its own dates allow it now. */
      readonly time: 'good' | 'not_yet' | 'over';
    }
  | { readonly verified: false; readonly why: string };

/**
 * Verifies a check here, in the browser: its signature by the office's public keys, then what it says against its order. The answer
 * of the API about the check is not asked. Throws when the keys cannot be read.
 */
export async function verifyCheck(
  jws: string,
  asked: { readonly order: OrderOfCheck; readonly jwksUrl: string; readonly now?: number },
): Promise<CheckVerdict> {
  const { order, jwksUrl, now = Date.now() } = asked;
  const signature = signatureIn(jws);
  const opened = signature && (await openEcheck(jws, officeAt(jwksUrl, signature.issuer)));
  if (!opened) return { verified: false, why: 'It was changed, or it is not signed by a key of this check office.' };
  const differing = differences(opened.check, order);
  if (differing.length > 0)
    return {
      verified: false,
      why: `It is signed, but it is not of this order: it has another ${differing.join(', ')}.`,
    };
  return { verified: true, check: opened.check, signature, time: timeOf(opened, now) };
}

/** What has become of the check, by the office's signed status list. Throws when that cannot be read, or is not the office's. */
export async function readFate(jws: string, jwksUrl: string): Promise<CheckStatus> {
  const { issuer = '' } = signatureIn(jws) ?? {};
  return readCheckStatus(jws, officeAt(jwksUrl, issuer));
}

const offices = new Map<string, Office>();

/**
 * The keys are this service's own, so the name that its check gives the office is the office's: the status list must say the same.
 * One object an office, for its keys are kept with it.
 */
function officeAt(jwksUrl: string, issuer: string): Office {
  const office = offices.get(`${jwksUrl} ${issuer}`) ?? { issuer, jwksUrl };
  offices.set(`${jwksUrl} ${issuer}`, office);
  return office;
}

function signatureIn(jws: string): Signature | undefined {
  try {
    const { kid = '' } = decodeProtectedHeader(jws);
    const { iss = '' } = decodeJwt(jws);
    return { keyId: kid, issuer: iss, text: jws.split('.').at(-1) ?? '' };
  } catch {
    // It is no JWS at all.
    return undefined;
  }
}

function differences(check: Echeck, order: OrderOfCheck): string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['number', check.number, order.echeck?.number],
    ['order', check.orderId, order.id],
    ['payee', check.sellerId, order.sellerId],
    ['drawer', check.buyerId, order.buyerId],
    ['distributor', check.distributorId, order.distributorId],
    ['amount', check.charge.amount, order.charge?.amount],
    ['currency', check.charge.currency, order.charge?.currency],
  ];
  return pairs.filter(([, said, ordered]) => said !== ordered).map(([what]) => what);
}

/** How far this clock may run behind the office's. */
const CLOCK_TOLERANCE_MS = 5_000;

function timeOf({ check, notBefore }: OpenedEcheck, now: number): 'good' | 'not_yet' | 'over' {
  if (now + CLOCK_TOLERANCE_MS < notBefore * 1000) return 'not_yet';
  return now < check.expiresAt.getTime() ? 'good' : 'over';
}
