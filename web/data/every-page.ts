import type { PageAnswer } from './pages.ts';

/** Every item of a list, page after page: of those that a person chooses from, which are cut nowhere. Throws the first page's problem. */
export async function everyPage<Item>(
  read: (query: { cursor?: string }) => Promise<PageAnswer<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { data, error } = await read(cursor === undefined ? {} : { cursor });
    if (!data) throw error;
    items.push(...data.data);
    cursor = data.nextCursor;
  }
  return items;
}
