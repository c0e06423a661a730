import { asOwner } from '../testbed/database.ts';

/** What one table takes on disk, in bytes. */
export interface Size {
  readonly table: string;
  readonly rows: number;
  readonly table_bytes: number;
  readonly index_bytes: number;
}

/** Every table of at least so many bytes; the archive's months of one table are one line. Rows are those of the last `analyze`. */
export function sizesOf(url: string, leastBytes = 1_000_000): Promise<Size[]> {
  return asOwner(url, async (client) => {
    const { rows } = await client.query<Size>(
      `
      select "table", sum(rows)::float as rows, sum(table_bytes)::float as table_bytes, sum(index_bytes)::float as index_bytes
      from (
        select case when n.nspname = 'archive' then 'archive.' || regexp_replace(c.relname, '_\\d{4}_\\d{2}$', '') else c.relname end as "table",
          greatest(c.reltuples, 0) as rows, pg_table_size(c.oid) as table_bytes, pg_indexes_size(c.oid) as index_bytes
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname in ('public', 'archive')
      ) as each_table group by "table" having sum(table_bytes) >= $1 order by "table"`,
      [leastBytes],
    );
    return rows;
  });
}
