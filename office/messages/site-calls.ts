import { JOSE_MEDIA_TYPE, RECEIPT_LIMITS } from '../../domain/party-messages.ts';
import { codeOf } from '../../platform/error-facts.ts';
import { exchange, ForbiddenTargetError, OversizeError, type ExchangeAnswer } from '../../platform/outgoing.ts';
import { TransmissionError } from './transmission-error.ts';

/** How a party's own server is called. */
export interface SiteCall {
  /** Where the site is, as registered. */
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly signal?: AbortSignal;
}

/** Where a site takes messages, or publishes its keys. */
export function siteAddress(url: string, path: 'messages' | '.well-known/jwks.json'): string {
  return `${url.replace(/\/+$/, '')}/${path}`;
}

/**
 * Posts a message and returns what the site signed for it, unread. Throws `TransmissionError` unless it answers 200 with a
 * compact JWS of the right media type, within the limits.
 */
export async function postMessage(site: SiteCall, jws: string): Promise<string> {
  const headers = { 'content-type': JOSE_MEDIA_TYPE, accept: JOSE_MEDIA_TYPE };
  const answer = await asked(site, {
    address: siteAddress(site.url, 'messages'),
    body: jws,
    headers,
    maxBytes: RECEIPT_LIMITS.bytes,
  });
  if (answer.mediaType !== JOSE_MEDIA_TYPE)
    throw new TransmissionError('BadReceipt', `the answer is not ${JOSE_MEDIA_TYPE}`);
  return textOf(answer, 'BadReceipt');
}

/** What the site publishes as its keys, unread. Throws `TransmissionError`. */
export async function getKeys(site: SiteCall): Promise<string> {
  const address = siteAddress(site.url, '.well-known/jwks.json');
  const headers = { accept: 'application/jwk-set+json, application/json' };
  try {
    return textOf(await asked(site, { address, headers, maxBytes: RECEIPT_LIMITS.keyBytes }), 'SiteKeysUnavailable');
  } catch (error) {
    if (!(error instanceof TransmissionError) || error.fault === 'SiteForbidden') throw error;
    throw new TransmissionError('SiteKeysUnavailable', `its keys: ${error.message}`);
  }
}

interface Question {
  readonly address: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

async function asked(site: SiteCall, { address, ...question }: Question): Promise<ExchangeAnswer> {
  const { allowPrivate, signal } = site;
  const { timeoutMs } = RECEIPT_LIMITS;
  const answer = await exchange({ ...question, url: address, timeoutMs, allowPrivate, signal }).catch(
    (error: unknown) => {
      if (signal?.aborted) throw error;
      throw faultOf(error);
    },
  );
  if (answer.status === 200) return answer;
  const redirected = answer.status >= 300 && answer.status < 400 ? ', and redirects are not followed' : '';
  throw new TransmissionError('SiteUnreachable', `it answers ${answer.status}${redirected}`);
}

function textOf({ body, encoding }: ExchangeAnswer, fault: 'BadReceipt' | 'SiteKeysUnavailable'): string {
  if (encoding !== '' && encoding !== 'identity') throw new TransmissionError(fault, 'the answer is compressed');
  return body.toString('utf8');
}

function faultOf(error: unknown): TransmissionError {
  if (error instanceof ForbiddenTargetError)
    return new TransmissionError('SiteForbidden', 'its address is private or not https, which is not allowed here');
  if (error instanceof OversizeError) return new TransmissionError('BadReceipt', error.message);
  return new TransmissionError('SiteUnreachable', unreachable(error));
}

/** In words of our own: what a stranger's server or certificate says may hold anything. */
function unreachable(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `it has not answered within ${RECEIPT_LIMITS.timeoutMs / 1000} s`;
  const code = codeOf(error) ?? '';
  if (code === 'ECONNREFUSED') return 'it refuses the connection';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name cannot be resolved';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection broke off';
  if (code.startsWith('HPE_')) return 'it does not speak HTTP';
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)
    ? 'its certificate is not trusted'
    : 'no connection can be made';
}
