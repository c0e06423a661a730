import { formatNumber, formatWord } from '../../shared/format.ts';
import { Empty } from '../../shared/states.tsx';
import type { Schemas } from '../data.ts';
import { barShare, formatSpan } from './series.ts';
import { Scroll } from '../../shared/scroll.tsx';

type Times = Schemas['Statistics']['stages'];

/** How long orders stay at a stage: half of them at most so long, and 95 in 100. A second to days fit by a logarithmic scale. */
export function StageTimes({ of }: { readonly of: Times }) {
  const known = of.filter(({ count }) => count > 0);
  if (known.length === 0) return <Empty>No order left a stage in that time.</Empty>;
  const longest = Math.max(...known.map(({ p95Seconds }) => p95Seconds));
  return (
    <Scroll label="Time at each stage">
      <table className="stage-times">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">
              <span className="unseen">As bars, on a logarithmic scale</span>
            </th>
            <th scope="col" className="number">
              Half (p50)
            </th>
            <th scope="col" className="number">
              95 of 100 (p95)
            </th>
            <th scope="col" className="number">
              Orders
            </th>
          </tr>
        </thead>
        <tbody>
          {known.map(({ stage, count, p50Seconds, p95Seconds }) => (
            <tr key={stage}>
              <th scope="row">{formatWord(stage)}</th>
              <td className="bars" aria-hidden="true">
                <div data-line={0} style={{ width: `${barShare(p50Seconds, longest)}%` }} />
                <div data-line={1} style={{ width: `${barShare(p95Seconds, longest)}%` }} />
              </td>
              <td className="number">{formatSpan(p50Seconds)}</td>
              <td className="number">{formatSpan(p95Seconds)}</td>
              <td className="number">{formatNumber(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
