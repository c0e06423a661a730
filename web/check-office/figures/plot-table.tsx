import { useState } from 'react';
import { formatWhen } from '../../shared/format.ts';

import { Scroll } from '../../shared/scroll.tsx';
import type { Plotted } from './series.ts';

/** The values of a plot to read, the latest first; made when somebody opens it. */
export function PlotTable({ name, chart, format }: Plotted) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>The same as a table</summary>
      {open && (
        <Scroll label={name}>
          <table>
            <caption className="unseen">{name}</caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                {chart.lines.map(({ label }) => (
                  <th key={label} scope="col" className="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {chart.times
                .map((time, index) => (
                  <tr key={time}>
                    <td>{formatWhen(new Date(time * 1000).toISOString())}</td>
                    {chart.lines.map(({ label, values }) => (
                      <td key={label} className="number">
                        {format(values[index] ?? 0)}
                      </td>
                    ))}
                  </tr>
                ))
                .toReversed()}
            </tbody>
          </table>
        </Scroll>
      )}
    </details>
  );
}
