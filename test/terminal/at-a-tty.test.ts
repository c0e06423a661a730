import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runFolder } from '../support/run.ts';
import { testService, type TestService } from '../support/service.ts';

/* The terminal with somebody who sits there: asked for what is missing, shown what is waited for, and told how to go on. */

const PYTHON = fileURLToPath(new URL('../support/at-a-tty.py', import.meta.url));
const MAIN = fileURLToPath(new URL('../../cli/terminal/main.ts', import.meta.url));
const [DOWN, ENTER, CTRL_C] = ['\u001B[B', '\r', '\u0003'];

let service: TestService;
let folder: string;
beforeAll(async () => {
  service = await testService();
  folder = mkdtempSync(join(runFolder(), 'tty-'));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

type Answer = readonly [waitFor: string, type: string];

async function sit(
  args: readonly string[],
  answers: readonly Answer[],
): Promise<{ code: number | null; shown: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const own = ['--url', service.url, '--key', join(folder, 'key.json'), '--issuer', 'countersign-test'];
  const command = [process.execPath, MAIN, ...args, ...own];
  const env = { PATH, HOME, TERM: 'xterm-256color', NO_COLOR: '1' };
  const python = spawn('python3', [PYTHON, JSON.stringify({ command, answers })], { env });
  let shown = '';
  for (const stream of [python.stdout, python.stderr])
    stream.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const [code] = (await once(python, 'close')) as [number | null];
  return { code, shown: stripVTControlCharacters(shown) };
}

const ADDRESS: readonly Answer[] = [
  ['Who receives it?', `Ada Becker${ENTER}`],
  ['Street and number?', `Lindenweg 4${ENTER}`],
  ['Country', `DE${ENTER}`],
  ['City?', `Köln${ENTER}`],
  ['Postal code?', `50667${ENTER}`],
];

async function newestOrder(): Promise<{ id: string; lines: unknown; deliverTo: unknown; stage: string }> {
  const { body } = await service.ask('GET', '/v1/orders?limit=1');
  return body.data[0];
}

test('asks for seller, commodity, quantity, distributor and address, and orders just that', async () => {
  const { code, shown } = await sit(
    ['order'],
    [
      ['From whom?', `${DOWN}${ENTER}`],
      ['What?', ENTER],
      ['How many?', `\u007F3${ENTER}`],
      ['Brought by whom?', ENTER],
      ...ADDRESS,
    ],
  );
  expect([code, shown]).toEqual([0, expect.stringMatching(/Ordered order-[^]*is good[^]*present order-/)]);
  expect(shown).toMatch(/\(distributor-swift\), delivers to [A-Z]{2}, /);
  expect(await newestOrder()).toMatchObject({
    sellerId: 'seller-mill',
    lines: [{ sku: 'bran-5kg', quantity: 3 }],
    deliverTo: { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
  });
});

test('Ctrl-C while it is asked orders nothing', async () => {
  const before = (await newestOrder()).id;
  const { code, shown } = await sit(['buy', '--seller', 'seller-mill'], [['What?', CTRL_C]]);
  expect([code, shown]).toEqual([1, expect.stringContaining('Nothing was ordered.')]);
  expect((await newestOrder()).id).toBe(before);
});

test('Ctrl-C while it waits for the delivery says how to go on', async () => {
  const goods = ['--seller', 'seller-mill', '--line', 'rye-1kg=1', '--distributor', 'distributor-swift'];
  const { code, shown } = await sit(['buy', ...goods], [...ADDRESS, ['waiting for the delivery', CTRL_C]]);
  const { id, stage } = await newestOrder();
  expect([code, shown]).toEqual([130, expect.stringContaining(`npm run terminal -- buy --order ${id}`)]);
  expect(stage).toBe('scheduled');
});
