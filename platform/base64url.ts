/**
 * Base64url leaves bits unused in the last character, and decoders pass over them, so that one value has several
 * spellings. True for the one that an encoder makes; whoever accepts no other sees every changed character.
 */
export function isCanonicalBase64url(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}
