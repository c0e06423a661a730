import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { status, type ServiceError } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import { ROOT, sourceFiles } from '../support/arrows.ts';
import { lazyConnection } from '../../platform/temporal-connection.ts';

const unreachable = () => lazyConnection({ address: '127.0.0.1:1' }, 4);
const call = (connection: Connection) => connection.workflowService.getSystemInfo({});
const codeOf = (failed: unknown) => (failed as ServiceError).code;

describe('calls to Temporal and the end of their connection', () => {
  test('a retry that is still to come when the connection closes ends as a cancelled call', async () => {
    const connection = unreachable();
    const outcome = call(connection).then(codeOf, codeOf);
    await sleep(50); // The first attempt has failed by now, and the second waits for its timer.
    await connection.close();
    expect(await outcome).toBe(status.CANCELLED);
  });

  test('a retry that its caller has given up harms nobody after the connection has closed', async () => {
    const connection = unreachable();
    const given = await connection.withDeadline(Date.now() + 30, () => call(connection)).catch(codeOf);
    expect([status.DEADLINE_EXCEEDED, status.UNAVAILABLE]).toContain(given);
    await connection.close();
    await sleep(500); // Longer than the retry's timer: an uncaught error would fail this file.
  });

  test('a call after the end of its connection is refused, not thrown past its caller', async () => {
    const connection = unreachable();
    await connection.close();
    await expect(call(connection)).rejects.toMatchObject({ code: status.CANCELLED });
  });
});

test('no other file of the service makes a connection of the client', () => {
  const makers = sourceFiles()
    .filter((file) => !/^(test|bench)\//.test(file))
    .filter((file) => /(?<!Native)Connection\.(connect|lazy)\(/.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(makers).toEqual(['platform/temporal-connection.ts']);
});
