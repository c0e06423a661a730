import { formatWhen } from '../../shared/format.ts';
import type { Chart } from './series.ts';

/** Which line is which, and the values of the moment that the pointer is at; without one, the latest. */
export function PlotLegend(props: {
  readonly chart: Chart;
  readonly at: number | null;
  readonly format: (value: number) => string;
}) {
  const { chart, at, format } = props;
  const index = at ?? chart.times.length - 1;
  const time = chart.times[index];
  return (
    <figcaption>
      <ul className="legend">
        {chart.lines.map(({ label, values, total }, line) => (
          <li key={label} data-line={line}>
            {label} <strong>{format(values[index] ?? 0)}</strong>
            {total !== undefined && <span className="facts"> · {total} in all</span>}
          </li>
        ))}
        {time !== undefined && <li className="facts">{formatWhen(new Date(time * 1000).toISOString())}</li>}
      </ul>
    </figcaption>
  );
}
