import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from '@jest/globals';
import { ACCESS, type AccessRule, type OperationId } from '../../api/auth/access.ts';
import type { Role } from '../../domain/party.ts';
import { endpoints } from '../../api/endpoints.ts';
import type { RunningWorker } from '../support/worker.ts';
import { DEMO_PARTY, flourOrder, testApi, workerFor, type TestApi } from './support.ts';

const SCHEMATHESIS = fileURLToPath(new URL('../../.tools/venv/bin/schemathesis', import.meta.url));
/** A run in CI is bounded by this; a longer one finds more. */
const EXAMPLES = process.env['FUZZ_EXAMPLES'] ?? '25';
const SEED = process.env['FUZZ_SEED'] ?? '7220107';

/** Where the first role of the table may not do all that the description says. */
const CALLERS: Partial<Record<OperationId, Role>> = { listOrders: 'operator' };

let api: TestApi;
let worker: RunningWorker;
beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

test('the service does what its description says, whatever is sent to it', async () => {
  const { body } = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'fuzzed' });
  const config = join(api.keyFolder, 'schemathesis.toml');
  await writeFile(config, await configFor(body));
  for (const options of RUNS) {
    const run = await schemathesis(config, options);
    if (run.code !== 0) throw new Error(run.report.slice(0, 20_000));
  }
}, 600_000);

/**
 * Each operation by itself, then one after the other with what the answers held. There Schemathesis (4.32) puts an answer's values
 * into a body that it had broken before, and still takes the request for a broken one: the first run alone judges broken bodies.
 */
const RUNS = [
  ['--phases', 'examples,coverage,fuzzing'],
  ['--phases', 'stateful', '--exclude-checks', 'negative_data_rejection'],
];

/** Every operation is called by a party that may, on an order that there is. */
async function configFor(order: { id: string; echeck: { number: string } }): Promise<string> {
  const ids: Record<string, string> = {
    orderId: order.id,
    number: order.echeck.number,
    accountId: 'buyer-ada',
    sellerId: 'seller-mill',
  };
  const operations = await Promise.all(
    endpoints.map(async ({ operationId, path }) => {
      const rule: AccessRule = ACCESS[operationId];
      const role = rule.roles === 'public' ? undefined : (CALLERS[operationId] ?? rule.roles[0]);
      const token = role && (await api.issuer.issue({ id: DEMO_PARTY[role], role }));
      const known = Object.entries(ids).filter(([name]) => path.includes(`{${name}}`));
      return [
        '[[operations]]',
        `include-operation-id = "${operationId}"`,
        ...(token ? [`headers = { Authorization = "Bearer ${token}" }`] : []),
        ...(known.length > 0 ? [`parameters = { ${known.map(([name, id]) => `${name} = "${id}"`).join(', ')} }`] : []),
        // A request of the right form may still be refused by the business.
        `checks.negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "431"]`,
        `checks.positive_data_acceptance.expected-statuses = ["2xx", "402", "404", "409", "422"]`,
      ].join('\n');
    }),
  );
  return operations.join('\n\n');
}

function schemathesis(config: string, phases: readonly string[]): Promise<{ code: number | null; report: string }> {
  const options = [
    ...phases,
    '--max-examples',
    EXAMPLES,
    '--seed',
    SEED,
    '--no-color',
    '--generation-database',
    'none',
    '--checks',
    'all',
    '--exclude-operation-id',
    'streamEvents',
    '--exclude-operation-id',
    'streamOrderEvents',
  ];
  const child = spawn(SCHEMATHESIS, ['--config-file', config, 'run', `${api.url}/openapi.json`, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: api.keyFolder,
  });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, report: Buffer.concat(pieces).toString() }));
  });
}
