import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { Behaviour, Reply, SiteDouble } from './site-double.ts';
import { PATIENCE_MS } from './until.ts';
import { instructionFor, payloadOf, receiptOf, type Lie, type MessageClaims, type Verdict } from './site-words.ts';

/* How a party's server may behave. Whatever comes again gets the receipt that it got before. */

const JOSE = { 'content-type': 'application/jose' };

/** As the contract has it: a seller validates, promises and demands its payment; a distributor fixes date and time. */
export function honest(): Behaviour {
  return answering(honestVerdict);
}

/** Leaves the decision to its people: they act through the API. */
export function deciding(): Behaviour {
  return answering(async (claims, site) =>
    claims.kind === 'presentation' || claims.kind === 'instruction'
      ? { verdict: 'later' }
      : honestVerdict(claims, site),
  );
}

/** Says no to what it may refuse. */
export function refusing(reason = 'not today'): Behaviour {
  return answering(async (claims, site) =>
    claims.kind === 'presentation' || claims.kind === 'instruction'
      ? { verdict: 'refused', body: { reason } }
      : honestVerdict(claims, site),
  );
}

/** Promises without having had the check validated at the office (claim 2 forbids it). */
export function credulous(): Behaviour {
  return answering(async (claims, site, text) =>
    claims.kind === 'presentation' ? promise(claims, site) : honestVerdict(claims, site, text),
  );
}

/** Says that of everything, whatever was asked. */
export function saying(verdict: Verdict): Behaviour {
  return answering(async () => verdict);
}

/** What is false about an otherwise honest answer. */
export interface Falsehood extends Lie {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** What is false about the instruction inside a promise, instead of the receipt. */
  readonly instruction?: Lie;
}

/** Answers a falsehood `times` times (always, unless told), to messages of that kind (all, unless told); else honestly. */
export function lying(lie: Falsehood, { times = Infinity, kind }: { times?: number; kind?: string } = {}): Behaviour {
  const truth = honest();
  let told = 0;
  return async (claims, site, text) => {
    if (told >= times || (kind !== undefined && claims.kind !== kind)) return truth(claims, site, text);
    told += 1;
    const { status = 200, headers = JOSE, instruction, ...words } = lie;
    const verdict =
      claims.kind === 'presentation' && instruction
        ? await promise(claims, site, instruction)
        : await honestVerdict(claims, site);
    return { status, headers, body: await receiptOf({ claims, text }, verdict, signingKey(site), words) };
  };
}

/** Takes the message and never answers; or answers a byte a second, which comes to the same. */
export function stalling(how: 'never' | 'bytewise' = 'never'): Behaviour {
  const truth = honest();
  return async (claims, site, text) => {
    if (how === 'never') return how;
    const reply = await truth(claims, site, text);
    return typeof reply === 'string' ? reply : { ...reply, bytewise: true };
  };
}

/** Works on the message and its answer is lost, the first `times` times. */
export function losing(times: number, reply: Reply = 'hang up'): Behaviour {
  const truth = honest();
  let lost = 0;
  return async (claims, site, text) => {
    const good = await truth(claims, site, text);
    lost += 1;
    return lost <= times ? reply : good;
  };
}

/** Answers everything with the first receipt that it ever gave. */
export function repeating(): Behaviour {
  let first: Reply | undefined;
  return async (claims, site, text) => (first ??= await honest()(claims, site, text));
}

/** Sends the office elsewhere. */
export function redirecting(to: string, status = 307): Behaviour {
  return async () => ({ status, headers: { location: to } });
}

/** A good receipt with more behind it than anybody should read. */
export function oversized(bytes = 1024 * 1024): Behaviour {
  return lying({ text: (good) => good + 'A'.repeat(bytes) });
}

/** Answers that, to whatever comes. */
export function answeringWith(reply: Reply): Behaviour {
  return async () => reply;
}

type Decide = (claims: MessageClaims, site: SiteDouble, text: string) => Promise<Verdict>;

/** Decides once a message; the same bytes get the same receipt. */
function answering(decide: Decide): Behaviour {
  const decided = new Map<string, Verdict>();
  return async (claims, site, text) => {
    const verdict = decided.get(claims.jti) ?? (await decide(claims, site, text));
    decided.set(claims.jti, verdict);
    const body = site.given.get(text) ?? (await receiptOf({ claims, text }, verdict, signingKey(site)));
    site.given.set(text, body);
    return { status: 200, headers: JOSE, body };
  };
}

async function honestVerdict(claims: MessageClaims, site: SiteDouble, _text?: string): Promise<Verdict> {
  if (claims.kind === 'presentation') return validatedPromise(claims, site);
  if (claims.kind === 'instruction') return plannedFor(await verifiedInstruction(claims, site));
  if (claims.kind === 'schedule_again') return plannedFor({ attempt: claims.body.attempt });
  if (claims.kind === 'completed') demandPayment(claims, site);
  return { verdict: 'received' };
}

/** Claim 2: it asks the office about the check before it promises anything. */
async function validatedPromise(claims: MessageClaims, site: SiteDouble): Promise<Verdict> {
  const { echeck } = claims.body;
  site.checks.set(claims.sub, echeck);
  const { status, body } = await site.askOffice('POST', '/v1/echecks/validation', { echeck });
  if (status !== 200) throw new Error(`the office answers ${status}`);
  if (!body.valid) return { verdict: 'refused', body: { reason: `check_invalid: ${body.reason}` } };
  demandAtNotice(claims, site);
  return promise(claims, site);
}

async function promise(claims: MessageClaims, site: SiteDouble, lie?: Lie): Promise<Verdict> {
  return { verdict: 'promised', body: { instruction: await instructionFor(claims, signingKey(site), lie) } };
}

/** An order that is settled at the notice is demanded after the promise (claim 5), any other after its completion. */
function demandAtNotice(claims: MessageClaims, site: SiteDouble): void {
  site.beside(async () => {
    const { body } = await site.askOffice('GET', `/v1/orders/${claims.sub}`);
    if (body.settleOn === 'notice') demandPayment(claims, site);
  });
}

/** Repeated until the office has answered that it pays. */
export function demandPayment({ sub }: Pick<MessageClaims, 'sub'>, site: SiteDouble): void {
  site.beside(async (open) => {
    const demand = { echeck: site.checks.get(sub), reference: `books-${sub}` };
    for (; open(); await sleep(200)) {
      const { status } = await site.askOffice('POST', '/v1/payment-demands', demand).catch(() => ({ status: 0 }));
      if (status === 200 || status === 201 || status === 422) return;
    }
  });
}

/**
 * Of a known seller, to this distributor, for this order; else it throws, and nothing is receipted. What the office has signed in the
 * seller's name is as good as its message.
 */
async function verifiedInstruction(claims: MessageClaims, site: SiteDouble): Promise<Record<string, unknown>> {
  const { instruction } = claims.body;
  if (payloadOf(instruction)['iss'] === claims.iss) return payloadOf(instruction);
  const address = site.knownSellers.get(claims.from);
  if (address === undefined) return payloadOf(instruction);
  const keys = createRemoteJWKSet(new URL(address), { cooldownDuration: 0, timeoutDuration: PATIENCE_MS });
  const expected = { algorithms: ['EdDSA'], typ: 'instruction+jwt', issuer: claims.from, audience: site.party };
  const { payload } = await jwtVerify(instruction, keys, { ...expected, subject: claims.sub });
  return payload;
}

/** Date and time follow from what is delivered, and where: the same words, the same hour. */
function plannedFor(what: Record<string, unknown>): Verdict {
  const { lines, deliverTo, attempt = 0 } = what as { lines?: object; deliverTo?: object; attempt?: number };
  const digest = createHash('sha256')
    .update(JSON.stringify([lines, deliverTo]))
    .digest();
  const day = new Date(Date.now() + (2 + attempt) * 86_400_000);
  day.setUTCHours(10, digest.readUInt16BE() % 479, 0, 0);
  return { verdict: 'scheduled', body: { deliverAt: day.toISOString() } };
}

function signingKey({ keys }: SiteDouble) {
  const key = keys.at(-1);
  if (!key) throw new Error('a site has a key');
  return key;
}
