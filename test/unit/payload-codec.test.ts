import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { generatePayloadKey, KeysUnavailable } from '../../platform/key-files.ts';
import { createPayloadCodec } from '../../platform/payloads/codec.ts';
import { payloadsBy, plainPayloads } from '../../platform/payloads/data-converter.ts';
import { openPayloadKeys } from '../../platform/payloads/keys.ts';
import { SettingsError } from '../../platform/settings.ts';
import { READABLE_PAYLOAD } from '../../temporal.config.ts';

const folder = mkdtempSync(join(tmpdir(), 'payload-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [one, two] = [generatePayloadKey(), generatePayloadKey()];
let files = 0;

/** Puts another file in its place, as secrets are exchanged: nobody sees it half-written. */
function put(file: string, ...keys: readonly object[]): string {
  writeFileSync(`${file}.new`, JSON.stringify({ keys }));
  renameSync(`${file}.new`, file);
  return file;
}

const fileOf = (...keys: readonly object[]): string => put(join(folder, `${(files += 1)}.json`), ...keys);

/** A codec whose clock is always a minute further: it looks at its file each time. */
async function codecOf(file: string) {
  let now = 0;
  return createPayloadCodec(await openPayloadKeys(file, () => (now += 60_000)));
}

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

/** What a payload of a test is after both ways. */
function plain(payload: Payload | undefined): unknown {
  return payload && defaultPayloadConverter.fromPayload(payload);
}

async function encrypted(value: unknown, file: string): Promise<Payload> {
  const [payload] = await (await codecOf(file)).encode([payloadOf(value)]);
  if (!payload) throw new Error('nothing was encrypted');
  return payload;
}

describe('a payload', () => {
  test('of any JSON comes back as it was, one for one', async () => {
    const codec = await codecOf(fileOf(one));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 4 }), async (values) => {
        const json = values.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
        const there = await codec.encode(json.map(payloadOf));
        expect((await codec.decode(there)).map(plain)).toEqual(json);
      }),
      { numRuns: 50 },
    );
  });

  test('shows that it is encrypted and by which key, and nothing else', async () => {
    const { metadata, data } = await encrypted({ name: 'Ada Lovelace' }, fileOf(one, two));
    const shown = Object.entries(metadata ?? {}).map(([name, value]) => [name, text(value)]);
    expect(Object.fromEntries(shown)).toEqual({ encoding: 'binary/encrypted', 'encryption-key-id': one.kid });
    expect(text(data)).not.toMatch(/Ada|json/);
  });

  test('is another one each time, so that equal values do not show', async () => {
    const file = fileOf(one);
    const seen = await Promise.all(Array.from({ length: 20 }, () => encrypted('x', file)));
    expect(new Set(seen.map(({ data }) => Buffer.from(data ?? []).toString('hex'))).size).toBe(20);
    expect(
      new Set(
        seen.map(({ data }) =>
          Buffer.from(data ?? [])
            .subarray(0, 12)
            .toString('hex'),
        ),
      ).size,
    ).toBe(20);
  });

  test('changed in any byte, cut short or under another id is refused', async () => {
    const file = fileOf(one, two);
    const codec = await codecOf(file);
    const { metadata, data } = await encrypted('x', file);
    const bytes = Buffer.from(data ?? []);
    const flipped = [...bytes.keys()].map((at) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return changed;
    });
    const shortened = [0, 11, 12, 27, bytes.length - 1].map((length) => bytes.subarray(0, length));
    for (const changed of [...flipped, ...shortened])
      await expect(codec.decode([{ metadata, data: changed }])).rejects.toThrow(one.kid);
    const renamed = { metadata: { ...metadata, 'encryption-key-id': Buffer.from(two.kid) }, data };
    await expect(codec.decode([renamed])).rejects.toThrow(`a payload of the key ${two.kid} was changed`);
  });

  test('that was never encrypted is read as it is, with keys and without', async () => {
    const mixed = [payloadOf('plain'), await encrypted('closed', fileOf(one)), payloadOf(undefined)];
    expect((await (await codecOf(fileOf(one))).decode(mixed)).map(plain)).toEqual(['plain', 'closed', undefined]);
    const [codec] = plainPayloads.payloadCodecs ?? [];
    expect(await codec?.encode([payloadOf('plain')])).toEqual([payloadOf('plain')]);
    expect(await codec?.decode([payloadOf('plain')])).toEqual([payloadOf('plain')]);
  });

  test('that says that it stays readable is not encrypted', async () => {
    const readable = {
      ...payloadOf('request-1'),
      metadata: { encoding: Buffer.from('json/plain'), [READABLE_PAYLOAD]: Buffer.from([1]) },
    };
    expect(await (await codecOf(fileOf(one))).encode([readable])).toEqual([readable]);
  });
});

describe('a key that is missing', () => {
  test('is named, with the setting, and no secret is', async () => {
    const payload = await encrypted('x', fileOf(one));
    const file = fileOf(two);
    const decoding = (await codecOf(file)).decode([payload]);
    await expect(decoding).rejects.toThrow(
      `a payload is encrypted by the key ${one.kid}, which PAYLOAD_KEYS_FILE (${file}) does not hold: add it there`,
    );
    await expect(decoding).rejects.toBeInstanceOf(KeysUnavailable);
    await expect(decoding).rejects.not.toThrow(new RegExp(`${one.k}|${two.k}`));
  });

  test('is named where there are no keys at all: an encrypted payload is never passed on', async () => {
    const [codec] = plainPayloads.payloadCodecs ?? [];
    await expect(codec?.decode([await encrypted('x', fileOf(one))])).rejects.toThrow(
      `encrypted by the key ${one.kid}, and PAYLOAD_KEYS_FILE is not set`,
    );
  });
});

describe('the file of the keys', () => {
  test('is exchanged by steps without a restart: the new key is known first, then it encrypts, then the former one goes', async () => {
    const file = fileOf(one);
    const [here, there] = [await codecOf(file), await codecOf(file)];
    const kidOf = async () => text((await here.encode([payloadOf('x')]))[0]?.metadata?.['encryption-key-id']);
    const before = await here.encode([payloadOf('before')]);
    expect(await kidOf()).toBe(one.kid);
    put(file, one, two);
    expect(await kidOf()).toBe(one.kid);
    put(file, two, one);
    expect(await kidOf()).toBe(two.kid);
    const between = await here.encode([payloadOf('between')]);
    expect((await there.decode([...before, ...between])).map(plain)).toEqual(['before', 'between']);
    put(file, two);
    expect((await here.decode(between)).map(plain)).toEqual(['between']);
    expect((await there.decode(between)).map(plain)).toEqual(['between']);
    const afterwards = await codecOf(file);
    await expect(afterwards.decode(before)).rejects.toThrow(`encrypted by the key ${one.kid}`);
  });

  test('is turned on and off by steps: keys that only decrypt leave what is new as it is', async () => {
    const opensOnly = (key: object) => ({ ...key, key_ops: ['decrypt'] });
    const file = fileOf(opensOnly(one));
    const codec = await codecOf(file);
    expect(await codec.encode([payloadOf('before')])).toEqual([payloadOf('before')]);
    put(file, one);
    const closed = await codec.encode([payloadOf('x')]);
    expect(closed).not.toEqual([payloadOf('x')]);
    put(file, opensOnly(one), { ...two, key_ops: ['encrypt', 'decrypt'] });
    expect(text((await codec.encode([payloadOf('x')]))[0]?.metadata?.['encryption-key-id'])).toBe(two.kid);
    put(file, opensOnly(one));
    expect(await codec.encode([payloadOf('after')])).toEqual([payloadOf('after')]);
    expect((await codec.decode(closed)).map(plain)).toEqual(['x']);
  });

  test('that cannot be read for a while leaves the keys in force that were read last', async () => {
    const file = fileOf(one);
    const codec = await codecOf(file);
    const foreign = await encrypted('x', fileOf(two));
    rmSync(file);
    const [payload] = await codec.encode([payloadOf('x')]);
    expect(text(payload?.metadata?.['encryption-key-id'])).toBe(one.kid);
    await expect(codec.decode([foreign])).rejects.toThrow(`PAYLOAD_KEYS_FILE names ${file}, which cannot be read`);
    put(file, two);
    expect((await codec.decode([foreign])).map(plain)).toEqual(['x']);
  });

  test.each([
    [
      'is not there',
      () => join(folder, 'nowhere.json'),
      /^PAYLOAD_KEYS_FILE names .*nowhere.json, which cannot be read/,
    ],
    [
      'holds a key that is too short',
      () => fileOf({ ...one, k: 'dG9vLXNob3J0' }),
      /^PAYLOAD_KEYS_FILE \(.*\) must hold a JWK(?!.*dG9v)/,
    ],
    ['holds none', () => fileOf(), /^PAYLOAD_KEYS_FILE \(.*\) must hold a JWK/],
  ])('that %s keeps a process from starting, in one line', async (_what, file, line) => {
    const opening = payloadsBy({ payloadKeysFile: file() });
    await expect(opening).rejects.toThrow(line);
    await expect(opening).rejects.toBeInstanceOf(SettingsError);
  });
});
