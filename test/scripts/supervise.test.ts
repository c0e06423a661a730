import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { endProcess, identityOf } from '../../platform/embedded/process.ts';
import { supervise, superviseOptional, type Part } from '../../platform/embedded/supervise.ts';
import { until } from '../support/until.ts';

const FOREVER = 'setInterval(() => {}, 1000)';

/** Starts real processes, and remembers them. */
function starter(script = FOREVER): { start: () => Promise<Part>; pids: number[] } {
  const pids: number[] = [];
  const start = async (): Promise<Part> => {
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    pids.push(pid);
    return { process: child, stop: () => endProcess(pid, [{ signal: 'SIGTERM', patienceMs: 5_000 }]) };
  };
  return { start, pids };
}

/** Of a failing test, too: whoever is not told to stop starts its process again and again. */
const parts: { stop(): Promise<void> }[] = [];
afterEach(() => Promise.all(parts.splice(0).map((part) => part.stop())));

async function supervised(...what: Parameters<typeof supervise>) {
  const part = await supervise(...what);
  parts.push(part);
  return part;
}

function supervisedOptional(...what: Parameters<typeof superviseOptional>) {
  const part = superviseOptional(...what);
  parts.push(part);
  return part;
}

const isBack = (said: readonly string[]): boolean => said.at(-1)?.startsWith('part is back') ?? false;
/** On a loaded machine a start may take so long that it is said. */
const withoutReminders = (said: readonly string[]) => said.filter((line) => !line.endsWith('still trying'));

describe('a supervised part', () => {
  test('is started again when it is killed, and stays ended when it is stopped', async () => {
    const said: string[] = [];
    const { start, pids } = starter();
    const part = await supervised('part', start, (line) => said.push(line));
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await until(() => isBack(said));
    await part.stop();
    expect(pids.map(identityOf)).toEqual([undefined, undefined]);
    expect(withoutReminders(said)).toEqual([
      'part ended (SIGKILL): starting it again',
      expect.stringMatching(/^part is back after [\d.]+ s$/),
    ]);
  });

  test('that cannot start at first is an error; later it is tried again', async () => {
    const broken = (): Promise<Part> => Promise.reject(new Error('no disk:\nits last words'));
    await expect(supervise('part', broken, () => {})).rejects.toThrow('no disk');

    const said: string[] = [];
    const { start, pids } = starter();
    let breaks = 0;
    const sometimes = (): Promise<Part> => (breaks-- > 0 ? broken() : start());
    const part = await supervised('part', sometimes, (line) => said.push(line));
    breaks = 2;
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await until(() => pids.length === 2);
    expect(said.filter((line) => line === 'part does not start: no disk: | its last words')).toHaveLength(2);
    await part.stop();
  });

  test('that does not come back is said again and again', async () => {
    const said: string[] = [];
    const { start, pids } = starter();
    let first = true;
    let release = (): void => {};
    const hanging = new Promise<void>((resolve) => (release = resolve));
    const startOnceThenHang = async (): Promise<Part> => {
      if (first) {
        first = false;
        return start();
      }
      await hanging;
      return start();
    };
    const part = await supervised('part', startOnceThenHang, (line) => said.push(line), 50);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await until(() => said.filter((line) => /^part is not back after [\d.]+ s: still trying$/.test(line)).length > 1);
    release();
    await until(() => isBack(said));
    await part.stop();
  });

  test('that ends in peace was told to by somebody', async () => {
    const said: string[] = [];
    const { start } = starter('process.exit(0)');
    const part = await supervised('part', start, (line) => said.push(line));
    await until(() => said.length > 0);
    await part.stop();
    expect(said[0]).toBe('part ended (code 0, as after `kill`): starting it again');
  });

  test('that is stopped in the pause before its next start is not started', async () => {
    const said: string[] = [];
    const { start, pids } = starter('process.exit(3)');
    const part = await supervised('part', start, (line) => said.push(line));
    await until(() => said.length === 1);
    await part.stop();
    expect(said).toEqual(['part ended (code 3): starting it again']);
    expect(pids).toHaveLength(1);
  });
});

describe('a part that the others work without', () => {
  test('is said once when it does not start, tried again, and up once it has', async () => {
    const said: string[] = [];
    const { start, pids } = starter();
    let breaks = 3;
    const part = supervisedOptional(
      'part',
      () => (breaks-- > 0 ? Promise.reject(new Error('no disk:\nits last words')) : start()),
      (line) => said.push(line),
    );
    expect(await part.first).toBe(false);
    await until(() => said.includes('part is up'));
    expect(said).toEqual([
      'part does not start, the rest works without it: no disk: | its last words',
      'part does not start: no disk: | its last words',
      'part is up',
    ]);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await until(() => isBack(said));
    expect(withoutReminders(said.slice(3))).toEqual([
      'part ended (SIGKILL): starting it again',
      expect.stringMatching(/^part is back/),
    ]);
    await part.stop();
    expect(pids.map(identityOf)).toEqual([undefined, undefined]);
  });

  test('stopped before it is up it is up no more, and nothing of it is left or said', async () => {
    const said: string[] = [];
    const hanging = supervisedOptional(
      'part',
      (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('late')))),
      (line) => said.push(line),
    );
    await hanging.stop();
    expect([await hanging.first, said]).toEqual([false, []]);

    const broken = supervisedOptional(
      'part',
      () => Promise.reject(new Error('no disk')),
      (line) => said.push(line),
    );
    await until(() => said.length === 2);
    await broken.stop();
    expect(said).toHaveLength(2);
  });

  test('that came up while it was stopped is ended', async () => {
    const { start, pids } = starter();
    const part = supervisedOptional(
      'part',
      async (signal) => {
        await once(signal, 'abort');
        return start();
      },
      () => {},
    );
    await part.stop();
    expect(pids.map(identityOf)).toEqual([undefined]);
  });
});

describe('ending a process', () => {
  test('goes on to the next signal when the first is ignored', async () => {
    const child = spawn(process.execPath, [
      '-e',
      `process.on('SIGTERM', () => {}); process.stdout.write('up'); ${FOREVER}`,
    ]);
    await once(child.stdout, 'data');
    await endProcess(child.pid ?? 0, [
      { signal: 'SIGTERM', patienceMs: 100 },
      { signal: 'SIGKILL', patienceMs: 5_000 },
    ]);
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGKILL');
  });
});
