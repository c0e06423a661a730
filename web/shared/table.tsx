import type { ReactNode } from 'react';
import { Scroll } from './scroll.tsx';

/** A column of a table: its title, and what stands in it of each row. */
export interface Column<Row> {
  readonly title: string;
  /** A title for screen readers alone, where the cells say enough to whoever sees them. */
  readonly unseen?: boolean;
  readonly number?: boolean;
  readonly className?: string;
  readonly render: (row: Row) => ReactNode;
}

/** Rows to compare; on a narrow screen each stands for itself, its cells below each other with their titles. `label` says what they are. */
export function Table<Row>(props: {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  readonly className?: string;
  /** What stands above the rows, such as what was before the first of them. */
  readonly lead?: ReactNode;
}) {
  const { label, rows, keyOf, columns, className = '', lead } = props;
  return (
    <Scroll label={label}>
      <table className={`stacks ${className}`}>
        <thead>
          <tr>
            {columns.map(({ title, unseen, number }) => (
              <th key={title} scope="col" className={number ? 'number' : undefined}>
                {unseen ? <span className="unseen">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lead}
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td
                  key={column.title}
                  className={column.number ? 'number' : column.className}
                  data-title={column.unseen ? undefined : column.title}
                >
                  {column.render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
