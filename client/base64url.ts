/**
 * True when each part of a compact JWS is spelled as an encoder spells it. Decoders pass over unused bits of the last character, so
 * that one value has several spellings: whoever takes no other sees every changed character.
 */
export function isCanonical(jws: string): boolean {
  return jws.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}
