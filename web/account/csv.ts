import { api } from '../data/api.ts';

/** Has the browser save the whole statement of these moments as a table. Throws the problem where there is none. */
export async function saveCsv(
  accountId: string,
  range: { readonly from?: string; readonly to?: string },
): Promise<void> {
  const { response, error } = await api.GET('/v1/accounts/{accountId}/statement', {
    params: { path: { accountId }, query: { ...range, format: 'csv' } },
    parseAs: 'stream',
  });
  if (!response.ok) throw error;
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = `statement-${accountId}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
