import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { leaveInstance, takeInstance } from '../../platform/embedded/instance-lock.ts';
import { identityOf } from '../../platform/embedded/process.ts';
import { runFolder } from '../support/run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(runFolder(), 'lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function heldBy(pid: number, identity: string | undefined): void {
  writeFileSync(join(folder, 'instance.lock'), JSON.stringify({ pid, identity }));
}

describe('a data folder', () => {
  test("is one process's at a time", () => {
    const dataDir = join(folder, 'new', 'data');
    expect(takeInstance(dataDir)).toBeUndefined();
    expect(takeInstance(dataDir)).toBe(process.pid);
    leaveInstance(dataDir);
    expect(takeInstance(dataDir)).toBeUndefined();
    expect(readdirSync(dataDir)).toEqual(['instance.lock']);
    expect(statSync(dataDir).mode & 0o066).toBe(0);
  });

  test('is free again after its holder was killed', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const ended = once(holder, 'exit');
    await once(holder, 'spawn');
    const pid = holder.pid ?? 0;
    try {
      heldBy(pid, identityOf(pid));
      expect(takeInstance(folder)).toBe(pid);
    } finally {
      holder.kill('SIGKILL');
      await ended;
    }
    expect(takeInstance(folder)).toBeUndefined();
  });

  test("is free when a stranger has its former holder's number", () => {
    heldBy(process.ppid, 'another boot, another time');
    expect(takeInstance(folder)).toBeUndefined();
  });

  test('is free when the lock is no lock', () => {
    writeFileSync(join(folder, 'instance.lock'), '');
    expect(takeInstance(folder)).toBeUndefined();
  });
});
