import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Response } from 'express';

const compress = promisify(gzip);

/** Less than this is not worth it. */
const WORTH_BYTES = 4_096;

/**
 * Sends JSON that anybody may read, compressed where whoever asks takes that: the forms of all countries are 125 kB without it. What
 * is a party's own goes as it is, for the length of a compressed answer can tell of its content (BREACH).
 */
export async function sendPublicJson(response: Response, body: unknown): Promise<void> {
  const json = Buffer.from(JSON.stringify(body));
  if (json.length < WORTH_BYTES) return void response.json(body);
  response.vary('Accept-Encoding').type('json');
  if (response.req.acceptsEncodings('gzip') !== 'gzip') return void response.send(json);
  response.set('Content-Encoding', 'gzip').send(await compress(json));
}
