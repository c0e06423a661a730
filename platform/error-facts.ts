/* What a system error says, read by its shape: it may come from another realm, such as a test runner's. */

/** The `code` of a system error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The first line, and of a system error (`ENOENT: no such file or directory, open '…'`) what comes before the place. */
export function shortMessageOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  const [line = ''] = String(message).split('\n');
  return codeOf(error) === undefined ? line : (line.split(', ')[0] ?? line);
}
