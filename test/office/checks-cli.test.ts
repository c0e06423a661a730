import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stopCheck } from '../../office/checks/register.ts';
import { checkOffice, type CheckOffice, type IssuedCheck } from './checks-support.ts';

let office: CheckOffice;
let published: Server;
let url: string;
let check: IssuedCheck;
beforeAll(async () => {
  office = await checkOffice();
  check = await office.issue();
  published = createServer((request, response) => {
    const document = request.url === '/.well-known/jwks.json' ? jwks() : office.statusList.token();
    void document.then((body) => response.end(body));
  });
  await new Promise<void>((resolve) => published.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(published.address() as AddressInfo).port}`;
});
afterAll(async () => {
  published.close();
  await office.close();
});

const jwks = async (): Promise<string> => JSON.stringify(await office.keyRing.publicJwks());

/** Runs `countersign` as a user would; the verifier gets no database and no key of the office. */
async function countersign(args: string[], input = ''): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['cli/countersign.mjs', ...args], { env: { PATH: process.env['PATH'] } });
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, output: output + errors };
}
const verify = (...args: string[]) => countersign(['verify', ...args]);

describe('countersign verify', () => {
  test('a good check, by the published keys and status list: 0, and what the check says', async () => {
    const { code, output } = await verify(check.jws, '--url', url);
    expect(output).toContain('VALID: signature, time and status hold');
    for (const part of [check.number, '1.00 EUR', 'buyer-ada at terminal terminal-1', 'seller-mill']) {
      expect(output).toContain(part);
    }
    expect(code).toBe(0);
  });

  test('wholly offline, from files, and from standard input', async () => {
    const [keys, status, file] = ['jwks.json', 'status.jwt', 'check.jws'].map((name) => join(office.directory, name));
    await writeFile(keys ?? '', await jwks());
    await writeFile(status ?? '', `${await office.statusList.token()}\n`);
    await writeFile(file ?? '', `${check.jws}\n`);
    const material = ['--jwks', keys ?? '', '--status', status ?? ''];
    expect(await verify(file ?? '', ...material)).toMatchObject({ code: 0 });
    expect(await countersign(['verify', '-', ...material], check.jws)).toMatchObject({ code: 0 });
  });

  test('a stopped check: 1, once the list tells; without the list its status stays unknown', async () => {
    const { number, jws } = await office.issue();
    await stopCheck(office.orm, { number, actor: 'buyer-ada', reason: 'lost' });
    office.clock.now += 15_000;
    const stopped = await verify(jws, '--url', url, '--json');
    expect(stopped.code).toBe(1);
    expect(JSON.parse(stopped.output)).toMatchObject({ valid: false, reason: 'stopped', status: { type: 'stopped' } });
    const unknown = await verify(jws, '--url', url, '--no-status');
    expect(unknown).toMatchObject({ code: 0, output: expect.stringContaining('status was not looked up') });
  });

  test('a changed check, another payee, another issuer: 1, with the reason', async () => {
    const changed = `${check.jws.slice(0, -1)}${check.jws.endsWith('A') ? 'Q' : 'A'}`;
    expect(await verify(changed, '--url', url)).toMatchObject({
      code: 1,
      output: expect.stringContaining('bad_signature'),
    });
    const payee = await verify(check.jws, '--url', url, '--payee', 'seller-forge');
    expect(payee).toMatchObject({ code: 1, output: expect.stringContaining('INVALID (wrong_payee)') });
    const issuer = await verify(check.jws, '--url', url, '--issuer', 'somebody');
    expect(issuer).toMatchObject({ code: 1, output: expect.stringContaining('bad_signature') });
  });

  test('nothing to judge by: 2, and what is missing', async () => {
    const nowhere = await verify(check.jws, '--url', 'http://127.0.0.1:1');
    expect(nowhere).toMatchObject({ code: 2, output: expect.stringContaining('cannot be reached') });
    const swapped = await verify(check.jws, '--url', url, '--status', `${url}/.well-known/jwks.json`);
    expect(swapped).toMatchObject({ code: 2, output: expect.stringContaining('statuslist+jwt') });
    expect(await verify(check.jws, '--jwks', 'package.json')).toMatchObject({ code: 2 });
    expect(await verify('no-such-file', '--url', url)).toMatchObject({ code: 2 });
  });

  test('wrong usage: 2, with where the help is', async () => {
    expect(await verify()).toMatchObject({
      code: 2,
      output: expect.stringContaining('See: countersign verify --help'),
    });
    expect(await verify('x', '--nonsense')).toMatchObject({ code: 2 });
    expect(await countersign(['nonsense'])).toMatchObject({ code: 2 });
    expect(await countersign(['verify', '--help'])).toMatchObject({ code: 0 });
  });
});
