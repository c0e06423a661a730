import type { DataConverter } from '@temporalio/common';
import { KeysUnavailable } from '../key-files.ts';
import { SettingsError } from '../settings.ts';
import { createPayloadCodec } from './codec.ts';
import { openPayloadKeys } from './keys.ts';

/** How payloads travel while no setting closes them: as they are. Encrypted ones are refused, and never taken for nonsense. */
export const plainPayloads: DataConverter = { payloadCodecs: [createPayloadCodec(undefined)] };

/**
 * How payloads travel by the settings: for clients, workers, commands and the codec server alike. Throws `SettingsError`, one line,
 * when `PAYLOAD_KEYS_FILE` cannot be read.
 */
export async function payloadsBy({ payloadKeysFile }: { readonly payloadKeysFile?: string }): Promise<DataConverter> {
  if (payloadKeysFile === undefined) return plainPayloads;
  try {
    return { payloadCodecs: [createPayloadCodec(await openPayloadKeys(payloadKeysFile))] };
  } catch (error) {
    if (error instanceof KeysUnavailable) throw new SettingsError(error.message);
    throw error;
  }
}
