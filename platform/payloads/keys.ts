import { keysStamp, KeysUnavailable, readSecretKeys, type SecretKey, type SecretKeyRing } from '../key-files.ts';

/** The keys that payloads are encrypted with, as their file has them now. */
export interface PayloadKeys {
  /** The key that encrypts: the first that may. `undefined` while all of them only decrypt (`"key_ops": ["decrypt"]`). */
  current(): Promise<SecretKey | undefined>;
  /** The key of that id. Throws `KeysUnavailable`, which names the id and the setting. */
  find(kid: string): Promise<SecretKey>;
}

/** Every payload asks for a key: the file is looked at no more often than this, but for a key that is not known. */
const LOOK_MS = 1_000;

/**
 * Reads the keys of `PAYLOAD_KEYS_FILE`, and again whenever the file changes. While it cannot be read, the keys that were read last
 * stay in force. Throws `KeysUnavailable` when it cannot be read the first time.
 */
export async function openPayloadKeys(file: string, now: () => number = Date.now): Promise<PayloadKeys> {
  let stamp = await keysStamp({ file });
  let ring: SecretKeyRing = await readSecretKeys(file, 'PAYLOAD_KEYS_FILE');
  let lookedAt = now();
  let fault: string | undefined;

  const look = async (): Promise<void> => {
    lookedAt = now();
    try {
      const found = await keysStamp({ file });
      if (found === stamp && fault === undefined) return;
      ring = await readSecretKeys(file, 'PAYLOAD_KEYS_FILE');
      stamp = found;
      fault = undefined;
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw error;
      fault = error.message;
    }
  };
  const known = (kid: string): SecretKey | undefined => ring.find((key) => key.kid === kid);

  return {
    async current() {
      if (now() - lookedAt >= LOOK_MS) await look();
      return ring.find(({ operations }) => operations?.includes('encrypt') ?? true);
    },
    async find(kid) {
      if (!known(kid)) await look();
      const key = known(kid);
      if (key) return key;
      throw new KeysUnavailable(
        fault ??
          `a payload is encrypted by the key ${kid}, which PAYLOAD_KEYS_FILE (${file}) does not hold: add it there`,
      );
    },
  };
}
