import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

interface Page<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

/** What a request for a page of a list answers. */
export interface PageAnswer<Item> {
  readonly data?: Page<Item>;
  readonly error?: unknown;
}

/** A list as far as it has been read. */
export interface Pages<Item> {
  /** Every item of the pages that were read; `undefined` until the first one is there. */
  readonly data: readonly Item[] | undefined;
  readonly error: unknown;
  /** How often reading it has failed. */
  readonly errorUpdateCount: number;
  readonly refetch: () => unknown;
  /** Reads the next page; absent on the last one. */
  readonly more?: () => void;
  readonly readingMore: boolean;
}

/**
 * Reads a list of the API page by page. `path` and `filter` name it, as for every other query, so that the stream of events refreshes
 * it; `read` asks for the page of a cursor. A change of the filter keeps what is shown until the new list is there.
 */
export function usePages<Filter extends object, Item>(
  path: string,
  filter: Filter,
  read: (query: Filter & { readonly cursor?: string }) => Promise<PageAnswer<Item>>,
  options: { readonly refetchInterval?: number; readonly enabled?: boolean } = {},
): Pages<Item> {
  const pages = useInfiniteQuery({
    queryKey: ['get', path, { params: { query: filter }, pages: true }],
    queryFn: async ({ pageParam }) => pageOf(await read({ ...filter, ...(pageParam && { cursor: pageParam }) })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }: Page<Item>) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    ...options,
  });
  return {
    data: pages.data?.pages.flatMap(({ data }) => data),
    error: pages.error,
    errorUpdateCount: pages.errorUpdateCount,
    refetch: pages.refetch,
    readingMore: pages.isFetchingNextPage,
    ...(pages.hasNextPage && { more: () => void pages.fetchNextPage() }),
  };
}

function pageOf<Item>({ data, error }: PageAnswer<Item>): Page<Item> {
  if (!data) throw error;
  return data;
}
