/** Where the office's public keys are read: of the very service that serves this page. */
export function jwksUrlHere(): string {
  return new URL('/.well-known/jwks.json', window.location.origin).href;
}
