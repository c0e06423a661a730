import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../support/ports.ts';
import { webhookService, type WebhookService } from '../api/webhook-service.ts';
import { runFolder } from '../support/run.ts';
import { until } from '../support/until.ts';
import { textOf } from './pages.ts';
import { PROJECT } from './support.ts';

/* The programs of docs/for-integrators.md, as they stand there: type-checked, and run against a real service. */

const PROGRAMS = ['order', 'follow', 'receive'] as const;
type Program = (typeof PROGRAMS)[number];

let service: WebhookService;
let folder: string;
let token: string;
beforeAll(async () => {
  service = await webhookService();
  const { body } = await service.api.ask('POST', '/v1/api-keys', {
    as: 'operator-olga',
    body: { partyId: 'buyer-ada', role: 'buyer', scopes: ['read', 'write'], name: 'the shop' },
  });
  token = body.key;
  folder = mkdtempSync(join(runFolder(), 'integrator-'));
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  for (const program of PROGRAMS) writeFileSync(join(folder, `${program}.ts`), textOfProgram(program));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

/** The package is taken from its sources; that it can be installed is tested with the package. */
function textOfProgram(program: Program): string {
  const page = textOf('docs/for-integrators.md');
  const [, text] = new RegExp(`^\`\`\`ts ${program}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page) ?? [];
  if (text === undefined) throw new Error(`the page has no program ${program}`);
  return text.replaceAll("'countersign-client'", `'${join(PROJECT, 'client/index.ts')}'`);
}

interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function run(program: Program, env: Record<string, string> = {}): Running {
  const settings = { PATH: process.env['PATH'], COUNTERSIGN_URL: service.api.url, COUNTERSIGN_TOKEN: token, ...env };
  const child = spawn(process.execPath, [join(folder, `${program}.ts`)], { env: settings });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += String(piece)));
  return { child, said: () => output };
}

const saying = ({ said }: Running, wanted: RegExp): Promise<string> => until(said, (text) => wanted.test(text));

test('they are correct TypeScript', () => {
  const options = '--noEmit --strict --target es2023 --module nodenext --skipLibCheck --allowImportingTsExtensions';
  const files = PROGRAMS.map((program) => join(folder, `${program}.ts`));
  const tsc = join(PROJECT, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(tsc, [...options.split(' '), '--types', 'node', ...files], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
});

test('the shop orders once, however often it is started', async () => {
  const first = await saying(run('order'), /order-[a-z2-7]{26} \w+ .*\n/);
  const again = await saying(run('order'), /order-[a-z2-7]{26} \w+ .*\n/);
  expect(again.split(' ')[0]).toBe(first.split(' ')[0]);
});

test('who follows goes on after a restart where it left off', async () => {
  const before = run('follow');
  // The first id comes with the opening of the stream; an order that is placed before it is one of before.
  const id = await orderThatIsSeen(before);
  const said = await saying(before, new RegExp(`${id} dispatch_scheduled\ngo on after (.*)\n`));
  before.child.kill('SIGKILL');
  const last = /.*go on after (\S+)/s.exec(said)?.[1] ?? '';
  await service.deliver(id);
  const after = await saying(run('follow', { LAST_EVENT_ID: last }), new RegExp(`${id} paid \\{ amount: \\d+`));
  expect(after).toContain(`${id} distribution_completed`);
  expect(after).not.toContain(`${id} check_issued`);
});

/** Orders until the follower, who may still be on its way, tells of one. */
async function orderThatIsSeen(follower: Running): Promise<string> {
  let tries = 0;
  const [seen] = await until(
    async () => {
      const id = await service.place(`followed-${(tries += 1)}`);
      return follower.said().includes(`${id} `) ? [id] : [];
    },
    (ids) => ids.length > 0,
    { seen: () => follower.said(), pauseMs: 500 },
  );
  return seen ?? '';
}

describe('the receiver of webhooks', () => {
  test('takes what the office has signed, and nothing else', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const { secret } = await service.hook({ url });
    const receiver = run('receive', { WEBHOOK_SECRET: secret, PORT: String(port) });
    const id = await service.place('received');
    await saying(receiver, new RegExp(`${id} check_issued`));
    const forged = await fetch(url, {
      method: 'POST',
      headers: {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': 'v1,Zm9yZ2Vk',
      },
      body: JSON.stringify({ type: 'payment_settled', data: { orderId: 'forged' } }),
    });
    expect(forged.status).toBe(401);
    expect(receiver.said()).not.toContain('forged');
  });
});
