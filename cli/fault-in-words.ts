/** What went wrong, for whoever reads the screen: a file that is not there is named without the system's code. */
export function faultInWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMissingFile = 'code' in error && error.code === 'ENOENT' && 'path' in error;
  return isMissingFile
    ? `there is no file ${String(error.path)}; give the path of one, or - for standard input`
    : error.message;
}
