import express, { type RequestHandler } from 'express';
import { Problem } from './problem.ts';

const MAX_BODY = '64kb';
const MAX_DEPTH = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads the body as JSON, within limits: size, UTF-8, nesting, content type. Sets `request.body`. */
export function jsonBody(): RequestHandler[] {
  return [refuseOtherContent, express.raw({ type: () => true, limit: MAX_BODY }), parseJson];
}

const refuseOtherContent: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (!hasBody || isJson(request.headers['content-type'])) return next();
  const sent = request.headers['content-type'] ?? 'none';
  throw new Problem(
    'unsupported-media-type',
    `The body must be application/json in UTF-8; the Content-Type is ${sent}.`,
  );
};

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?$/i;

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && JSON_TYPE.test(contentType.trim());
}

const parseJson: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  request.body = Buffer.isBuffer(bytes) && bytes.length > 0 ? parseBytes(bytes) : undefined;
  next();
};

function parseBytes(bytes: Buffer): unknown {
  const text = decode(bytes);
  if (depthOf(text) > MAX_DEPTH) throw malformed(`The JSON is nested deeper than ${MAX_DEPTH} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('The body is not valid JSON.');
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
}

/** The deepest nesting of a JSON text, found without parsing it, in one pass: brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') inString = !inString;
    else if (inString && character === '\\') at++;
    else if (!inString && (character === '[' || character === '{')) deepest = Math.max(deepest, ++depth);
    else if (!inString && (character === ']' || character === '}')) depth--;
  }
  return deepest;
}

function malformed(detail: string): Problem {
  return new Problem('malformed-request', detail);
}
