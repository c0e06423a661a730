import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { READABLE_PAYLOAD } from '../../temporal.config.ts';
import { KeysUnavailable, type SecretKey } from '../key-files.ts';
import type { PayloadKeys } from './keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** As Temporal's own samples name them, so that its tools know what they see. */
const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts each payload as a whole, metadata included, with AES-256-GCM: a random nonce of 96 bits, the ciphertext, the tag. The id
 * of the key is authenticated with it. Without keys nothing is encrypted. Payloads that are not encrypted are read as they are, so
 * that it can be turned on while orders are on their way; encrypted ones are never passed on unread, for an order would take them
 * for nonsense and end. Decoding throws `KeysUnavailable`, which names the key's id and the setting: the workflow task, activity
 * or call fails, and is tried again.
 */
export function createPayloadCodec(keys: PayloadKeys | undefined): PayloadCodec {
  return {
    async encode(payloads) {
      const key = await keys?.current();
      return key ? payloads.map((payload) => (staysReadable(payload) ? payload : encrypt(payload, key))) : payloads;
    },
    decode: (payloads) =>
      Promise.all(payloads.map(async (payload) => (isEncrypted(payload) ? open(payload, keys) : payload))),
  };
}

/** Whether a payload is of a codec like this one, which always names its key: another one is no more than a message that nobody can read. */
export function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.['encoding']) === ENCRYPTED && textOf(metadata?.[KEY_ID]) !== '';
}

function staysReadable({ metadata }: Payload): boolean {
  return metadata?.[READABLE_PAYLOAD] !== undefined;
}

function encrypt(payload: Payload, { kid, key }: SecretKey): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(kid));
  const sealed = [nonce, cipher.update(PayloadMessage.encode(payload).finish()), cipher.final(), cipher.getAuthTag()];
  return { metadata: { encoding: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(kid) }, data: Buffer.concat(sealed) };
}

async function open(payload: Payload, keys: PayloadKeys | undefined): Promise<Payload> {
  const kid = textOf(payload.metadata?.[KEY_ID]);
  if (!keys)
    throw new KeysUnavailable(`a payload is encrypted by the key ${kid}, and PAYLOAD_KEYS_FILE is not set: set it`);
  return decrypt(payload, await keys.find(kid));
}

function decrypt({ data }: Payload, { kid, key }: SecretKey): Payload {
  try {
    const sealed = data ?? new Uint8Array();
    const [nonce, tag] = [sealed.subarray(0, NONCE_BYTES), sealed.subarray(-TAG_BYTES)];
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(bound(kid)).setAuthTag(tag);
    const opened = [decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return PayloadMessage.decode(Buffer.concat(opened));
  } catch {
    throw new KeysUnavailable(
      `a payload of the key ${kid} was changed, or PAYLOAD_KEYS_FILE holds another key under that id: put the former one back`,
    );
  }
}

/** What a ciphertext is good for: nothing that was sealed elsewhere, or under another id, passes for a payload. */
function bound(kid: string): Buffer {
  return Buffer.from(`countersign payload\0${kid}`);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
