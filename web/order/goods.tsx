import type { ReactNode } from 'react';
import type { Order } from '../../client/index.ts';
import { formatNumber, formatWeight } from '../shared/format.ts';
import { Panel } from '../shared/page.tsx';
import { Scroll } from '../shared/scroll.tsx';
import { Money } from '../shared/values.tsx';

type Line = Order['lines'][number];

/** A column of figures; one of which nothing is known is left out. */
interface Column {
  readonly title: string;
  readonly isKnown: boolean;
  readonly render: (line: Line) => ReactNode;
  readonly sum?: ReactNode;
}

/** What was ordered: with its prices for those who may know them, and with its weight. */
export function Goods({ order }: { readonly order: Order }) {
  const columns = columnsOf(order).filter(({ isKnown }) => isKnown);
  const hasSums = columns.some(({ sum }) => sum !== undefined);
  return (
    <Panel title="Goods">
      <Scroll label="Goods">
        <table className="stacks">
          <thead>
            <tr>
              <th scope="col">Commodity</th>
              {columns.map(({ title }) => (
                <th key={title} scope="col" className="number">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.lines.map((line, index) => (
              <tr key={`${index}-${line.sku}`}>
                <th scope="row">
                  {line.name ?? line.sku} {line.name !== undefined && <code className="quiet">{line.sku}</code>}
                </th>
                {columns.map(({ title, render }) => (
                  <td key={title} className="number" data-title={title}>
                    {render(line)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          {hasSums && (
            <tfoot>
              <tr>
                <th scope="row">In all</th>
                {columns.map(({ title, sum }) => (
                  <td key={title} className="number" data-title={title}>
                    {sum}
                  </td>
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </Scroll>
    </Panel>
  );
}

function columnsOf({ lines, charge }: Order): readonly Column[] {
  const isPriced = lines.some(({ total }) => total !== undefined);
  const weightGrams = lines.reduce((sum, { weightGrams: one = 0, quantity }) => sum + one * quantity, 0);
  return [
    { title: 'Quantity', isKnown: true, render: ({ quantity }) => formatNumber(quantity) },
    {
      title: 'Weight',
      isKnown: weightGrams > 0,
      render: ({ weightGrams: one, quantity }) => one !== undefined && formatWeight(one * quantity),
      sum: formatWeight(weightGrams),
    },
    { title: 'Each', isKnown: isPriced, render: ({ unitPrice }) => <Money of={unitPrice} /> },
    { title: 'Total', isKnown: isPriced, render: ({ total }) => <Money of={total} />, sum: <Money of={charge} /> },
  ];
}
