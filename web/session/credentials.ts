/**
 * Where the requests of the desks get their access token from. It is kept in memory alone: neither localStorage nor sessionStorage
 * ever holds one, so that a script that reads them finds nothing.
 */
export type TokenSource = () => Promise<string | undefined>;

const NOBODY: TokenSource = async () => undefined;
let source: TokenSource = NOBODY;
const refusals = new Set<() => void>();

/** Takes what signing in has brought; `undefined` after signing out. */
export function setTokenSource(next: TokenSource | undefined): void {
  source = next ?? NOBODY;
}

/** The token to send now; `undefined` when nobody is signed in. */
export function currentToken(): Promise<string | undefined> {
  return source();
}

/** Tells whoever keeps the session that the API no longer takes its token (401). A token that is no longer sent tells nothing. */
export async function noteRefused(token: string): Promise<void> {
  if (token === (await source())) noteRefusedToken();
}

/** Tells whoever keeps the session that its token has run out. */
export function noteRefusedToken(): void {
  for (const listener of refusals) listener();
}

/** Calls `listener` at each refused token, until the returned function is called. */
export function onRefusedToken(listener: () => void): () => void {
  refusals.add(listener);
  return () => void refusals.delete(listener);
}
