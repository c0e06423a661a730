import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  instanceSettings,
  killParts,
  partsOf,
  removeInstance,
  run,
  runNpmStart,
  untilReady,
  type Started,
} from './support.ts';
import { until } from '../support/until.ts';

type InstanceSettings = Awaited<ReturnType<typeof instanceSettings>>;

const order = z.object({ id: z.string(), stage: z.string() });
const tokens = z.object({ tokens: z.array(z.object({ party: z.string(), token: z.string() })) });

let settings: InstanceSettings;
let neighbourSettings: InstanceSettings;
const started: Started[] = [];
beforeAll(async () => {
  settings = await instanceSettings();
  neighbourSettings = await instanceSettings();
});
afterAll(() => {
  for (const { DATA_DIR } of [settings, neighbourSettings]) removeInstance(DATA_DIR, started);
});

function start(changes: Partial<InstanceSettings> & Record<string, string> = {}): Started {
  const service = run('scripts/start.ts', { ...settings, LOG_LEVEL: 'info', ...changes });
  started.push(service);
  return service;
}

async function ready(service: Started): Promise<void> {
  await untilReady(service);
  expect(service.output()).toContain('Countersign is ready');
}

async function stageOf(id: string): Promise<string | undefined> {
  const api = `http://127.0.0.1:${settings.PORT}`;
  try {
    const demo = tokens.parse(await (await fetch(`${api}/dev/tokens`)).json());
    const authorization = `Bearer ${demo.tokens.find(({ party }) => party === 'buyer-ada')?.token}`;
    const response = await fetch(`${api}/v1/orders/${id}`, { headers: { authorization } });
    return order.parse(await response.json()).stage;
  } catch {
    return undefined;
  }
}

function untilStage(id: string, stage: string): Promise<unknown> {
  return until(
    () => stageOf(id),
    (now) => now === stage,
    { what: `order ${id} in ${stage}` },
  );
}

/** As a user does: the line that `npm start` prints, pasted into a shell. */
function pasteOrderCommand(output: string): z.infer<typeof order> {
  const command = output.split('\n').find((line) => line.startsWith('curl'));
  return order.parse(JSON.parse(execFileSync('sh', ['-c', command ?? 'false'], { encoding: 'utf8' })));
}

describe('npm start', () => {
  test('says in one line each what is wrong with the settings', async () => {
    const service = start({ PORT: 'http', LOG_LEVEL: 'loud' });
    expect(await service.ended()).toBe(1);
    expect(service.output().trim().split('\n')).toEqual([
      'PORT must be a whole number from 1 to 65535',
      'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace',
    ]);
  });

  test('names a taken port and its setting in one line, and starts nothing', async () => {
    const other = await listening(Number(settings.PORT));
    const service = start();
    expect(await service.ended()).toBe(1);
    other.close();
    expect(service.output().trim()).toBe(
      `port ${settings.PORT} is taken: stop what uses it, or set PORT to a free one`,
    );
    expect(partsOf(settings.DATA_DIR)).toEqual([]);
  });

  test('after kill -9 of all its processes the next start goes on where the order stood, and a neighbour goes on working', async () => {
    const neighbour = run('scripts/start.ts', { ...neighbourSettings, LOG_LEVEL: 'info' });
    started.push(neighbour);
    const first = start();
    await Promise.all([ready(first), ready(neighbour)]);
    const { id } = pasteOrderCommand(first.output());
    await untilStage(id, 'scheduled');

    const second = start();
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`countersign already runs on ${settings.DATA_DIR}`);

    first.child.kill('SIGKILL');
    killParts(settings.DATA_DIR);
    await first.ended();
    expect(pasteOrderCommand(neighbour.output()).id).toMatch(/^order-/);
    neighbour.child.kill('SIGTERM');
    expect(await neighbour.ended()).toBe(0);

    const third = start();
    await ready(third);
    await untilStage(id, 'scheduled');
    confirmDelivery(id);
    await untilStage(id, 'completed');
  });

  test('after kill -9 of itself alone the next start ends the orphans and goes on', async () => {
    const orphaned = started.at(-1);
    const orphans = partsOf(settings.DATA_DIR);
    orphaned?.child.kill('SIGKILL');
    await orphaned?.ended();
    // From here on through npm, as a user starts it: signals must get through it.
    const service = runNpmStart(settings);
    started.push(service);
    await ready(service);
    expect(partsOf(settings.DATA_DIR).filter((pid) => orphans.includes(pid))).toEqual([]);
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'parts that get %s are started again, which is said with the cause, and the orders go on',
    async (signal) => {
      const service = started.at(-1);
      const before = service?.output().length ?? 0;
      const { id } = pasteOrderCommand(service?.output() ?? '');
      // A session that the database has just opened looks like the database itself for a moment.
      const killed = await until(
        () => partsOf(settings.DATA_DIR),
        (pids) => pids.length === 4,
      );
      for (const pid of killed) process.kill(pid, signal);
      const said = (): string => service?.output().slice(before) ?? '';
      for (const part of ['database', 'temporal', 'worker', 'api']) {
        await until(() => said().includes(`${part} is back after`), { seen: said });
        expect(said()).toMatch(new RegExp(`^${part} ended \\(.+\\): starting it again$`, 'm'));
      }
      await untilStage(id, 'scheduled');
      confirmDelivery(id);
      await untilStage(id, 'completed');
      expect(partsOf(settings.DATA_DIR).filter((pid) => killed.includes(pid))).toEqual([]);
    },
  );

  test('a database that is told to stop by itself is up again at once', async () => {
    const service = started.at(-1);
    const before = service?.output().length ?? 0;
    const [database] = partsOf(settings.DATA_DIR);
    if (database === undefined) throw new Error('no database runs');
    process.kill(database, 'SIGTERM');
    await until(() => service?.output().slice(before).includes('database is back after'), {
      seen: () => service?.output(),
    });
    const { id } = pasteOrderCommand(service?.output() ?? '');
    await untilStage(id, 'scheduled');
  });

  test('SIGTERM ends every part, and then itself with code 0', async () => {
    const service = started.at(-1);
    service?.child.kill('SIGTERM');
    expect(await service?.ended()).toBe(0);
    expect(service?.output()).toMatch(/api: stopped\nworker: stopped\ntemporal: stopped\ndatabase: stopped\n$/);
    expect(partsOf(settings.DATA_DIR)).toEqual([]);
  });
});

function confirmDelivery(id: string): void {
  const delivered = JSON.stringify({ eventId: 'event-1', deliveredAt: new Date().toISOString() });
  const signal = ['workflow', 'signal', '--workflow-id', id, '--name', 'deliveryConfirmed', '--input', delivered];
  execFileSync('.tools/venv/bin/temporal', [...signal, '--address', `127.0.0.1:${settings.TEMPORAL_PORT}`]);
}

function listening(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
  });
}
