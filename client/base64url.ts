import { base64url } from 'jose';

/**
 * True when each part of a compact JWS is spelled as an encoder spells it. Decoders pass over unused bits of the last character, so
 * that one value has several spellings: whoever takes no other sees every changed character.
 */
export function isCanonical(jws: string): boolean {
  return jws.split('.').every(isCanonicalPart);
}

/** The SHA-256 of a text, as base64url: how a signed message names another one. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64url.encode(new Uint8Array(digest));
}

function isCanonicalPart(part: string): boolean {
  try {
    return base64url.encode(base64url.decode(part)) === part;
  } catch {
    return false;
  }
}
