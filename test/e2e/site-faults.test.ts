import type { MessageKind } from '../../domain/party-messages.ts';
import { recipientOf, TRANSMISSIONS, type TransmissionName } from '../../domain/transmissions.ts';
import type { Answer } from '../api/support.ts';
import { finalOrder, orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { answeringWith, honest, lying, stalling } from '../support/site-behaviours.ts';
import type { Behaviour } from '../support/site-double.ts';
import { reportBy, sitePair, type SitePair } from '../support/site-parties.ts';
import { until } from '../support/until.ts';

/*
 * A party's server that is away, lies or stalls, at each of the transmissions: its order waits for exactly that party and says so; it
 * goes on when the server is well again, each message once on record, with the same bytes on every try. Nobody else waits.
 */

const WRONG = {
  away: { behaviour: answeringWith('hang up'), reason: 'SiteUnreachable' },
  lying: { behaviour: lying({ claims: (good) => ({ ...good, digest: 'A'.repeat(43) }) }), reason: 'BadReceipt' },
  stalling: { behaviour: stalling(), reason: 'SiteUnreachable' },
} as const satisfies Record<string, { behaviour: Behaviour; reason: string }>;
type Wrong = keyof typeof WRONG;

interface Case {
  readonly name: TransmissionName;
  readonly wrong: Wrong;
}
const CASES = (Object.keys(TRANSMISSIONS) as TransmissionName[]).flatMap((name): Case[] =>
  (Object.keys(WRONG) as Wrong[]).map((wrong) => ({ name, wrong })),
);

/** What is sent to an order of its own accord once it is on the distributor's list. */
const LEADS: Partial<Record<MessageKind, 'failed_attempt' | 'cancelled'>> = {
  schedule_again: 'failed_attempt',
  ended: 'cancelled',
  withdrawn: 'cancelled',
};
const BEFORE_THE_DATE: readonly MessageKind[] = ['presentation', 'payment_indicated', 'instruction'];

interface Stuck {
  readonly pair: SitePair;
  readonly id: string;
  readonly seen: Record<string, unknown>;
  readonly fix: () => void;
}

let service: TestService;
const stuck = new Map<Case, Stuck>();
beforeAll(async () => {
  service = await testService();
  await Promise.all(CASES.map(async (each, index) => stuck.set(each, await stuckAt(each, index))));
});
afterAll(async () => {
  await Promise.all([...stuck.values()].map(({ pair }) => pair.close()));
  await service.close();
});

/** Honest, but for messages of that kind while it is broken. */
function breakable(kind: MessageKind, bad: Behaviour): { behaviour: Behaviour; fix: () => void } {
  const good = honest();
  let isBroken = true;
  return {
    behaviour: (claims, site, text) => (isBroken && claims.kind === kind ? bad : good)(claims, site, text),
    fix: () => {
      isBroken = false;
    },
  };
}

async function stuckAt({ name, wrong }: Case, index: number): Promise<Stuck> {
  const kind = TRANSMISSIONS[name];
  const { behaviour, fix } = breakable(kind, WRONG[wrong].behaviour);
  const pair = await sitePair(service, `f${index}`, { [recipientOf(name)]: { behaviour } });
  const { id } = (await insist('/v1/orders', pair.order, `${name} ${wrong}`)).body;
  if (!BEFORE_THE_DATE.includes(kind)) await lead(pair, id, kind);
  // On a busy machine an attempt may first run out of its own time; the next one says what is wrong.
  const isTold = ({ attention: told }: Answer['body']) => told?.step === name && told.reason === WRONG[wrong].reason;
  const { attention, stage } = await orderWhen(service, id, isTold);
  return { pair, id, seen: { ...attention, stage }, fix };
}

/** Repeated where the service is busy: many orders begin at once. */
function insist(path: string, body: unknown, key?: string): Promise<Answer> {
  const ask = () => service.ask('POST', path, { body, ...(key !== undefined && { key }) });
  return until(ask, ({ status }) => status < 500 && status !== 202);
}

async function lead(pair: SitePair, id: string, kind: MessageKind): Promise<void> {
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const how = LEADS[kind] ?? 'delivered';
  if (how !== 'cancelled') return reportBy(pair.distributor, id, how, how);
  const cancelled = await insist(`/v1/orders/${id}/cancellation`, { reason: 'changed my mind' });
  expect(cancelled).toMatchObject({ status: 200, body: { stage: 'cancelled', payment: { status: 'voided' } } });
}

test('whoever deals with other parties is not held up', async () => {
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'healthy' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  const pair = await sitePair(service, 'healthy');
  const placed = await service.ask('POST', '/v1/orders', { body: pair.order, key: 'healthy-sites' });
  await orderWhen(service, placed.body.id, ({ stage }) => stage === 'scheduled');
  await reportBy(pair.distributor, placed.body.id, 'proof');
  expect(await finalOrder(service, placed.body.id)).toMatchObject({ stage: 'completed' });
  await pair.close();
});

describe.each(CASES)('$name to a server that is $wrong', (each) => {
  const { name, wrong } = each;
  const kind = TRANSMISSIONS[name];

  test('shows whom the order waits for, and why', () => {
    const { pair, seen } = stuck.get(each)!;
    const { party } = pair[recipientOf(name)];
    expect(seen).toMatchObject({ step: name, reason: WRONG[wrong].reason, waitingOn: party });
  });

  test('goes on once it is well: one ending, each message once, the same bytes on every try', async () => {
    const { pair, id, fix } = stuck.get(each)!;
    fix();
    const again = { action: 'retry', reason: 'its server is well again' };
    const retried = await service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body: again });
    // It may have gone on by itself in this very moment.
    expect([200, 409]).toContain(retried.status);
    await orderWhen(service, id, ({ attention }) => attention === null);
    if (BEFORE_THE_DATE.includes(kind)) await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
    if (BEFORE_THE_DATE.includes(kind) || kind === 'schedule_again') await reportBy(pair.distributor, id, 'proof');
    const order = await finalOrder(service, id);
    const isCancelled = LEADS[kind] === 'cancelled';
    expect(order).toMatchObject({ stage: isCancelled ? 'cancelled' : 'completed', attention: null });
    await service.client.workflow.getHandle(id).result();
    const { body } = await service.ask('GET', `/v1/orders/${id}/messages`, { as: 'operator-olga' });
    const kinds = body.data.map((message: { kind: string }) => message.kind);
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(body.data.filter(({ receipt }: { receipt: unknown }) => receipt === null)).toEqual([]);
    const tries = pair[recipientOf(name)].triesOf(kind, id);
    expect(tries.length).toBeGreaterThan(1);
    expect(new Set(tries.map(({ text }) => text)).size).toBe(1);
  });
});
