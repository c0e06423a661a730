import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { announced, runFolder } from '../support/run.ts';
import { ENDINGS } from './support/endings.ts';
import { historyOf } from './support/histories.ts';
import { imaginedOrders } from './support/imagined-orders.ts';

const FOLDER = fileURLToPath(new URL('histories', import.meta.url));
const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** `npm run histories`: runs every kind of ending again and keeps its history. */
async function writeHistories(): Promise<void> {
  const folder = join(FOLDER, new Date().toISOString().slice(0, 10));
  mkdirSync(folder, { recursive: true });
  const imagined = await imaginedOrders();
  for (const [name, { imagining, send }] of Object.entries(ENDINGS)) {
    const order = await imagined.order(imagining);
    await send?.(order, imagined);
    await order.end();
    // Stacks of failures name the files as they lie on this machine.
    const { json } = await historyOf(imagined.client, order.id);
    writeFileSync(join(folder, `${name}.json`), `${json.replaceAll(PROJECT, '/countersign/')}\n`);
  }
  await imagined.close();
}

interface Kept {
  readonly name: string;
  readonly history: { readonly events: { readonly eventType: string }[] };
}

function keptHistories(): Kept[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => ({ name: basename(path, '.json'), history: JSON.parse(readFileSync(join(FOLDER, path), 'utf8')) }));
}

/** What the workflows of a bundle make of the histories: the failures, by name. */
async function replay(codePath: string, histories: Kept[]): Promise<Record<string, string>> {
  const kept = (function* () {
    for (const { name, history } of histories) yield { workflowId: name, history };
  })();
  const failures: Record<string, string> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, kept)) {
    if (error) failures[workflowId] = error.name;
  }
  return failures;
}

if (process.env['WRITE_HISTORIES']) beforeAll(writeHistories);

test('every kind of ending is kept', () => {
  expect([...new Set(keptHistories().map(({ name }) => name))].toSorted()).toEqual(Object.keys(ENDINGS).toSorted());
});

test('every kept history replays under the code as it is', async () => {
  const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
  expect(await replay(codePath, keptHistories())).toEqual({});
});

test('a changed workflow is caught by the histories that it would break, and by those alone', async () => {
  const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
  const code = readFileSync(codePath, 'utf8');
  const changed = code.replaceAll('scheduleDispatch', 'scheduleDelivery');
  expect(changed).not.toBe(code);
  const changedPath = join(runFolder(), 'changed-workflow-bundle.cjs');
  writeFileSync(changedPath, changed);
  const failures = await replay(changedPath, keptHistories());
  expect(failures).toMatchObject({ completed: 'DeterminismViolationError', cancelled: 'DeterminismViolationError' });
  expect(Object.keys(failures)).not.toContain('declined');
});
