import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, generateKeyPair, exportJWK } from 'jose';
import { runFolder } from '../support/run.ts';
import { orderWhen, testService, type TestService } from '../support/service.ts';
import { runTerminal, type TerminalProgram } from '../support/terminal-program.ts';
import { unreliableOffice, type Mishap } from '../support/unreliable-office.ts';
import { until } from '../support/until.ts';

/* A buyer's terminal as its own program, against a real office. */

let service: TestService;
let folder: string;
const running: TerminalProgram[] = [];
beforeAll(async () => {
  service = await testService();
  folder = mkdtempSync(join(runFolder(), 'terminal-'));
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const ADDRESS = ['--name', 'Ada', '--street', 'Hauptstr. 1', '--city', 'Berlin', '--postal-code', '10115'];
const ORDER = ['--seller', 'seller-mill', '--line', 'rye-1kg=3', '--distributor', 'distributor-swift', ...ADDRESS];
const GOOD = [...ORDER, '--country', 'DE'];

function terminal(args: readonly string[], at: { url?: string; keyFile?: string } = {}): TerminalProgram {
  const { url = service.url, keyFile = join(folder, 'key.json') } = at;
  const program = runTerminal({ url, keyFile }, [...args, '--issuer', 'countersign-test']);
  running.push(program);
  return program;
}

/** Waits for a step, and answers it. */
function cameTo(program: TerminalProgram, step: string): Promise<Step> {
  return untilAlive(program, () => program.steps().find((one) => one.step === step));
}

/** Waits for what a program that has ended will never bring about. */
function untilAlive<Found>(program: TerminalProgram, read: () => Found | undefined | false) {
  return until(
    () => {
      const found = read();
      if (!found && program.child.exitCode !== null) throw new Error(`the terminal ended before: ${program.said()}`);
      return found;
    },
    { what: String(read), seen: () => program.said() },
  );
}

type Step = ReturnType<TerminalProgram['steps']>[number];

async function orderOf(program: TerminalProgram): Promise<string> {
  return String((await cameTo(program, 'ordered'))['orderId']);
}

async function deliver(id: string): Promise<void> {
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const body = { eventId: 'e1', kind: 'delivered', occurredAt: new Date().toISOString() };
  await service.ask('POST', `/v1/orders/${id}/distribution-events`, { as: 'distributor-swift', body });
}

function stepsOf(program: TerminalProgram): string[] {
  return program.steps().map(({ step }) => step);
}

function eventsOf(program: TerminalProgram): string[] {
  return program.steps().flatMap(({ event }) => (event === undefined ? [] : [String(Object(event).type)]));
}

async function timelineOf(id: string): Promise<string[]> {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`);
  return body.data.map(({ type }: { type: string }) => type);
}

describe('npm run terminal -- buy', () => {
  test('orders with its own key, verifies, presents, indicates the payment, and follows it to the end', async () => {
    const program = terminal(['buy', ...GOOD, '--json']);
    const id = await orderOf(program);
    await deliver(id);
    expect([await program.ended(), program.said()]).toEqual([0, expect.any(String)]);
    const own = stepsOf(program).filter((step) => step !== 'event');
    expect(own).toEqual(['ordered', 'verified', 'presented', 'indicated', 'ended']);
    expect(eventsOf(program)).toEqual(await timelineOf(id));
    expect(program.steps().at(-1)).toMatchObject({ stage: 'completed' });
    const { body } = await service.ask('GET', `/v1/orders/${id}`);
    const { cnf } = decodeJwt<{ cnf: { jkt: string } }>(body.echeck.jws);
    expect(cnf.jkt).toHaveLength(43);
    expect(statSync(join(folder, 'key.json')).mode & 0o777).toBe(0o600);
  });

  test('shows people the same in lines, without colours where nobody looks', async () => {
    const program = terminal(['buy', ...GOOD]);
    await untilAlive(program, () => program.said().includes('Ordered order-'));
    const id = /order-[a-z2-7]{26}/.exec(program.said())?.[0] ?? '';
    await deliver(id);
    expect(await program.ended()).toBe(0);
    for (const line of ['signed by the terminal', 'gives notice', 'Indicated the payment of 6.45 EUR', 'completed'])
      expect(program.said()).toContain(line);
    expect(program.said()).not.toContain('\u001B');
  });

  test('goes on with an order that an ended terminal left behind, and does nothing twice', async () => {
    const first = terminal(['order', ...GOOD, '--json']);
    const id = await orderOf(first);
    await first.ended();
    const second = terminal(['buy', '--order', id, '--json']);
    await cameTo(second, 'presented');
    await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
    second.child.kill('SIGINT');
    expect(await second.ended()).toBe(130);
    expect(second.said()).toContain(`npm run terminal -- buy --order ${id}`);
    const third = terminal(['buy', '--order', id, '--json']);
    await deliver(id);
    expect(await third.ended()).toBe(0);
    expect(stepsOf(third).filter((step) => step !== 'event')).toEqual(['ended']);
    expect((await timelineOf(id)).filter((type) => type === 'check_presented')).toHaveLength(1);
  });
});

describe('a terminal that is killed', () => {
  test.each(['ordered', 'verified', 'presented', 'indicated'])(
    'right after it %s leaves an order that the next one brings to its end, each step once',
    async (wanted) => {
      const first = terminal(['buy', ...GOOD, '--json']);
      const id = await orderOf(first);
      await cameTo(first, wanted);
      first.child.kill('SIGKILL');
      await first.ended();
      const second = terminal(['buy', '--order', id, '--json']);
      await deliver(id);
      expect([await second.ended(), second.said()]).toEqual([0, expect.any(String)]);
      const types = await timelineOf(id);
      for (const type of ['check_issued', 'check_presented', 'payment_indicated', 'payment_settled'])
        expect(types.filter((one) => one === type)).toEqual([type]);
      expect(types).not.toContain('check_refused');
    },
  );
});

describe('step by step', () => {
  test('order, present, pay, follow', async () => {
    const ordered = terminal(['order', ...GOOD, '--json']);
    expect(await ordered.ended()).toBe(0);
    const id = await orderOf(ordered);
    expect(stepsOf(ordered)).toEqual(['ordered', 'verified']);
    const early = terminal(['pay', id]);
    expect(await early.ended()).toBe(1);
    expect(early.said()).toContain(`follow`);
    for (const step of ['presented', 'before']) {
      const presenting = terminal(['present', id, '--json']);
      expect(await presenting.ended()).toBe(0);
      expect(stepsOf(presenting)).toEqual(['verified', step]);
    }
    const paying = terminal(['pay', id, '--json']);
    expect(await paying.ended()).toBe(0);
    const following = terminal(['follow', id, '--json']);
    await deliver(id);
    expect(await following.ended()).toBe(0);
    expect(eventsOf(following)).toEqual(await timelineOf(id));
  });

  test('an order that ends otherwise ends with exit code 1', async () => {
    const id = await orderOf(terminal(['order', ...GOOD, '--json']));
    const following = terminal(['follow', id, '--json']);
    const body = { reason: 'ordered twice' };
    await service.ask('POST', `/v1/orders/${id}/cancellation`, { body });
    expect(await following.ended()).toBe(1);
    expect(following.steps().at(-1)).toMatchObject({ step: 'ended', stage: 'cancelled' });
  });

  test('charges: of one seller, and of all', async () => {
    const one = terminal(['charges', 'seller-mill', '--json']);
    expect(await one.ended()).toBe(0);
    expect(one.steps()).toMatchObject([{ step: 'charges', sellerId: 'seller-mill' }]);
    const all = terminal(['charges']);
    expect(await all.ended()).toBe(0);
    expect(all.said()).toMatch(/seller-forge[^]*seller-mill[^]*rye-1kg +Rye, 1 kg +2\.15 EUR/);
  });
});

describe('what a terminal does not do', () => {
  test.each<[string, string[], RegExp]>([
    ['guess what is missing', ['buy', '--seller', 'seller-mill'], /--line is missing[^]*rye-1kg=1/],
    ['guess an address', ['buy', ...ORDER], /--country is missing/],
    ['order what is not offered', ['buy', ...GOOD, '--line', 'gold=1'], /gold is not offered[^]*rye-1kg/],
    ['order from nobody', ['order', ...GOOD, '--seller', 'seller-nobody'], /charges/],
    ['order to an address that cannot be', ['order', ...GOOD, '--country', 'XX'], /country/i],
    ['read the order of another buyer', ['follow', `order-${'a'.repeat(26)}`], /no order/],
    ['be anybody who is not there', ['charges', '--as', 'buyer-nobody'], /no demo party[^]*buyer-ada/],
    ['go on with a bad token', ['charges', '--token', 'nonsense'], /--token/],
    ['take a seller for a buyer', ['order', ...GOOD, '--as', 'seller-mill'], /buyer/],
  ])('%s', async (_what, args, words) => {
    const program = terminal(args);
    expect(await program.ended()).toBe(1);
    expect(program.said()).toMatch(words);
    expect(program.said()).not.toMatch(/\n\s+at .*\.ts/);
  });

  test('ask an office elsewhere for demo tokens', async () => {
    const program = terminal(['charges'], { url: 'http://192.0.2.1:3000' });
    expect(await program.ended()).toBe(1);
    expect(program.said()).toMatch(/--token/);
  });

  test('understand what is no command', async () => {
    const program = terminal(['steal']);
    expect(await program.ended()).toBe(2);
  });

  test('sign with a key that others can read, or that is none', async () => {
    const keyFile = join(folder, 'open-key.json');
    await terminal(['order', ...GOOD, '--json'], { keyFile }).ended();
    const { chmodSync, writeFileSync } = await import('node:fs');
    const good = readFileSync(keyFile, 'utf8');
    chmodSync(keyFile, 0o644);
    const open = terminal(['order', ...GOOD], { keyFile });
    expect(await open.ended()).toBe(1);
    expect(open.said()).toContain(`chmod 600 ${keyFile}`);
    chmodSync(keyFile, 0o600);
    const { d: _private, ...publicHalf } = JSON.parse(good);
    writeFileSync(keyFile, JSON.stringify(publicHalf));
    const half = terminal(['order', ...GOOD], { keyFile });
    expect(await half.ended()).toBe(1);
    expect(half.said()).toContain('private Ed25519 JWK');
  });

  test("present a check that is bound to another terminal's key", async () => {
    const id = await orderOf(terminal(['order', ...GOOD, '--json']));
    const other = terminal(['present', id], { keyFile: join(folder, 'other.json') });
    expect(await other.ended()).toBe(1);
    expect(other.said()).toMatch(/another terminal's key[^]*--key/);
    expect(await timelineOf(id)).not.toContain('check_presented');
  });
});

describe('behind a network that fails', () => {
  const ada = async () => ['--token', await service.issuer.issue({ id: 'buyer-ada', role: 'buyer' })];

  async function behind<Result>(
    mishapOf: (request: string, before: number) => Mishap | undefined,
    work: (url: string, asked: readonly string[]) => Promise<Result>,
  ): Promise<Result> {
    const office = await unreliableOffice(service.url, mishapOf);
    try {
      return await work(office.url, office.asked);
    } finally {
      await office.close();
    }
  }

  test('an answer that is lost is asked for again, and is the same order; a broken stream goes on where it broke off', async () => {
    const mishapOf = (request: string, before: number): Mishap | undefined => {
      if (request.endsWith('/events')) return before < 3 ? { kind: 'cut', bytes: 900 } : undefined;
      if (!request.startsWith('POST')) return before === 0 ? { kind: 'away' } : undefined;
      return before === 0 ? { kind: 'lost' } : undefined;
    };
    await behind(mishapOf, async (url, asked) => {
      const program = terminal(['buy', ...GOOD, '--json', ...(await ada())], {
        url,
        keyFile: join(folder, 'far.json'),
      });
      const id = await orderOf(program);
      await deliver(id);
      expect([await program.ended(), program.said()]).toEqual([0, expect.any(String)]);
      expect(asked.filter((request) => request === 'POST /v1/orders')).toHaveLength(2);
      expect(eventsOf(program)).toEqual(await timelineOf(id));
      const types = await timelineOf(id);
      for (const type of ['check_presented', 'payment_indicated'])
        expect(types.filter((one) => one === type)).toHaveLength(1);
    });
  });

  test('a check that the keys of the office do not prove is presented to nobody', async () => {
    const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const keys = [{ ...(await exportJWK(publicKey)), kid: 'forged' }];
    const mishapOf = (request: string): Mishap | undefined =>
      request === 'GET /.well-known/jwks.json' ? { kind: 'forged', body: { keys } } : undefined;
    await behind(mishapOf, async (url) => {
      const program = terminal(['buy', ...GOOD, '--json', ...(await ada())], { url });
      const id = await orderOf(program);
      expect(await program.ended()).toBe(1);
      expect(program.steps().at(-1)).toMatchObject({
        step: 'failed',
        detail: expect.stringMatching(/not to be trusted/),
      });
      expect(await timelineOf(id)).not.toContain('check_presented');
    });
  });

  test('a check over another sum than the charge is presented to nobody', async () => {
    const first = terminal(['order', ...GOOD, '--json']);
    const id = await orderOf(first);
    const { body } = await service.ask('GET', `/v1/orders/${id}`);
    const dearer = { ...body, charge: { ...body.charge, amount: body.charge.amount - 1 } };
    const mishapOf = (request: string): Mishap | undefined =>
      request === `GET /v1/orders/${id}` ? { kind: 'forged', body: dearer } : undefined;
    await behind(mishapOf, async (url) => {
      const program = terminal(['present', id, ...(await ada())], { url });
      expect(await program.ended()).toBe(1);
      expect(program.said()).toMatch(/which is not the charge/);
    });
    expect(await timelineOf(id)).not.toContain('check_presented');
  });
});
