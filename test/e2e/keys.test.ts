import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { serve } from '../../api/serve.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { openOffice } from '../../office/open.ts';
import { generateSigningKey } from '../../office/checks/key-pairs.ts';
import { generateMasterKey, KeysUnavailable, masterKeyReader } from '../../platform/key-files.ts';
import { createSealer } from '../../platform/sealing.ts';
import { parseServiceSettings } from '../../platform/settings.ts';
import { testApi, workerFor, type TestApi } from '../api/support.ts';
import { heldUpOrder, orderFor, orderWhen } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';

let api: TestApi;
let worker: RunningWorker;
let file: string;
beforeAll(async () => {
  // An order that is held up is answered soon.
  api = await testApi((deps, client) => ({ ...deps, gateway: createOrderGateway({ client, decisionWaitMs: 1_000 }) }));
  file = join(api.keyFolder, 'worker-master.json');
  // The API can seal; the worker's file is another one, which we break.
  // Its clock leaps, so that no opened key is remembered.
  let now = 0;
  const sealer = createSealer({ orm: api.deps.orm, masterKey: masterKeyReader({ file }), now: () => (now += 60_000) });
  worker = await workerFor({ ...api, deps: { ...api.deps, sealer } });
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

describe('a worker whose master key', () => {
  test.each([
    ['is missing', () => rm(file, { force: true }), /MASTER_KEY_FILE names .* cannot be read/],
    ['is no key', () => writeFile(file, '{}'), /MASTER_KEY_FILE .* must hold a JWK/],
    [
      'is another one',
      () => writeFile(file, JSON.stringify(generateMasterKey())),
      /which MASTER_KEY_FILE does not hold/,
    ],
  ])('%s says so on the order, which goes on when it is put back', async (what, spoil, words) => {
    await spoil();
    const stuck = await heldUpOrder(api, what, /^KeysUnavailable$/);
    const details = await api.client.workflow
      .getHandle(stuck.id)
      .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    expect(details.currentDetails).toMatch(words);
    expect(stuck.stage).not.toBe('scheduled');
    await copyFile(join(api.keyFolder, 'master.jwk.json'), file);
    await api.ask('POST', `/v1/orders/${stuck.id}/interventions`, {
      as: 'operator-olga',
      body: { action: 'retry', reason: 'the key is back' },
    });
    await orderWhen(api, stuck.id, ({ stage, attention }) => stage === 'scheduled' && attention === null);
  });
});

describe('a process that starts', () => {
  const settings = (files: Record<string, string>) =>
    parseServiceSettings({ DATABASE_URL: api.database.serviceUrl, DATA_DIR: join(api.keyFolder, 'data'), ...files });

  test('with wrong key files starts, names both settings, and uses the files when they are right', async () => {
    const [MASTER_KEY_FILE, ECHECK_KEYS_FILE] = [join(api.keyFolder, 'm.json'), join(api.keyFolder, 's.json')];
    await writeFile(MASTER_KEY_FILE, 'nonsense');
    const office = await openOffice(settings({ MASTER_KEY_FILE, ECHECK_KEYS_FILE }), 'api');
    try {
      expect(office.keyFaults).toEqual([
        expect.stringMatching(/^ECHECK_KEYS_FILE names .* cannot be read/),
        expect.stringMatching(/^MASTER_KEY_FILE .* must hold a JWK/),
      ]);
      await expect(office.sealer.seal('buyer-x', 1)).rejects.toBeInstanceOf(KeysUnavailable);
      await expect(office.keyRing.signingKey()).rejects.toBeInstanceOf(KeysUnavailable);
      await writeFile(MASTER_KEY_FILE, JSON.stringify(generateMasterKey()));
      await writeFile(ECHECK_KEYS_FILE, JSON.stringify(await generateSigningKey()));
      expect(await office.sealer.open(await office.sealer.seal('buyer-x', 1))).toBe(1);
      expect((await office.keyRing.signingKey()).kid).toMatch(/^echeck-/);
    } finally {
      await office.close();
    }
  });

  test('never makes a new master key where something is sealed by a lost one', async () => {
    const office = await openOffice(settings({}), 'api');
    try {
      expect(office.keyFaults).toEqual([expect.stringMatching(/the master key .*master.jwk.json .* put it back$/)]);
      await copyFile(join(api.keyFolder, 'master.jwk.json'), join(api.keyFolder, 'data/keys/master.jwk.json'));
      expect(await office.sealer.open(await office.sealer.seal('buyer-ada', 2))).toBe(2);
    } finally {
      await office.close();
    }
  });

  test('an API whose keys cannot be read answers 503 and says so, without a path', async () => {
    const lost = createSealer({ orm: api.deps.orm, masterKey: masterKeyReader({ file: '/nowhere/key' }) });
    const broken = await serve(createApp({ ...api.deps, sealer: lost }), { host: '127.0.0.1', port: 0 });
    const answer = await api.ask('POST', '/v1/orders', { body: orderFor(), key: 'keyless', at: broken.url });
    await broken.close();
    expect(answer).toMatchObject({ status: 503, body: { type: '/problems/service-unavailable' } });
    expect(answer.body.detail).toContain('The service cannot read its keys');
    expect(JSON.stringify(answer.body)).not.toContain('nowhere');
  });
});
