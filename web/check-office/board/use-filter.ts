import { useSearchParams } from 'react-router';
import { filterIn, searchFor, type BoardFilter } from './filter.ts';

/** The board's filter, kept in the address: a link leads to the same list. */
export function useFilter(): readonly [BoardFilter, (filter: BoardFilter) => void] {
  const [search, setSearch] = useSearchParams();
  return [filterIn(search), (filter) => setSearch(searchFor(filter), { preventScrollReset: true })];
}
