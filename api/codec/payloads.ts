import { z } from 'zod';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { shortMessageOf } from '../../platform/error-facts.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** More than the Temporal UI shows of an order at once. */
const MOST_PAYLOADS = 2_000;

const bytes = z.base64('must be base64');

/** Payloads in protobuf's JSON: bytes as base64. Members that later versions of Temporal add are passed over. */
export const payloadsSchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), bytes).default({}), data: bytes.default('') }))
    .max(MOST_PAYLOADS)
    // A list of none is left out in this form, as of a query without arguments.
    .default([]),
});
export type PayloadsJson = z.infer<typeof payloadsSchema>;

/** Encodes payloads as the service does. */
export async function encodePayloads(codec: PayloadCodec, { payloads }: PayloadsJson): Promise<PayloadsJson> {
  return { payloads: (await codec.encode(payloads.map(fromJson))).map(toJson) };
}

/**
 * Decodes payloads each by itself: in the place of one that cannot be read stands what is wrong with it, so that a reader of a
 * history sees the others, and the key that is missing.
 */
export async function decodePayloads(codec: PayloadCodec, { payloads }: PayloadsJson): Promise<PayloadsJson> {
  return { payloads: await Promise.all(payloads.map((payload) => decodeOne(codec, payload))) };
}

async function decodeOne(codec: PayloadCodec, payload: PayloadsJson['payloads'][number]) {
  try {
    const [decoded] = await codec.decode([fromJson(payload)]);
    return decoded ? toJson(decoded) : payload;
  } catch (error) {
    const said = JSON.stringify({ notDecoded: shortMessageOf(error) });
    return toJson({ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(said) });
  }
}

function fromJson(json: PayloadsJson['payloads'][number]): Payload {
  return PayloadMessage.fromObject(json);
}

function toJson({ metadata, data }: Payload): PayloadsJson['payloads'][number] {
  const encoded = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(encoded), data: base64(data) };
}

function base64(value: Uint8Array | null | undefined): string {
  return Buffer.from(value ?? []).toString('base64');
}
