import { useState } from 'react';
import type { Money } from '../../../client/index.ts';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded } from '../../shared/states.tsx';
import { RANGES, useStatistics, type Range } from '../data.ts';
import './figures.css';
import { Plot } from './plot.tsx';
import { isEmpty, livelyMoney, moneyOver, ordersAMinute } from './series.ts';
import { StageTimes } from './stage-times.tsx';

/** How it goes: orders a minute, how long they stay at each stage, and the money that is held and settled. */
export default function FiguresView() {
  const [range, setRange] = useState<Range>('24 hours');
  const statistics = useStatistics(range);
  return (
    <>
      <div role="group" aria-label="Time shown" className="actions ranges">
        {(Object.keys(RANGES) as Range[]).map((one) => (
          <button
            key={one}
            type="button"
            className="secondary outline small"
            aria-pressed={one === range}
            onClick={() => setRange(one)}
          >
            Last {one}
          </button>
        ))}
      </div>
      <Loaded of={statistics} lines={12}>
        {(figures) => (
          <div className="figures" aria-busy={statistics.isPlaceholderData}>
            <Panel title="Orders a minute">
              {isEmpty(ordersAMinute(figures)) ? (
                <Empty>No order was placed in that time. A longer time may have some.</Empty>
              ) : (
                <Plot name="Orders a minute" chart={ordersAMinute(figures)} format={formatRate} />
              )}
            </Panel>
            <Panel title="Time at each stage">
              <StageTimes of={figures.stages} />
            </Panel>
            {livelyMoney(figures).length === 0 && (
              <Panel title="Money">
                <Empty>No money was held or settled in that time.</Empty>
              </Panel>
            )}
            {livelyMoney(figures).map((one) => (
              <Panel key={one.currency} title={`Money held and settled, ${one.currency}`}>
                <Plot
                  name={`Money held and settled in ${one.currency}`}
                  chart={moneyOver(one)}
                  format={sumFormat(one.currency as Money['currency'])}
                />
              </Panel>
            ))}
          </div>
        )}
      </Loaded>
    </>
  );
}

function formatRate(value: number): string {
  return new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 }).format(value);
}

/** Sums on an axis: those of thousands and more short, without cents. */
function sumFormat(currency: Money['currency']): (value: number) => string {
  const whole = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  const short = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    notation: 'compact',
    maximumFractionDigits: 1,
  });
  return (value) => (Math.abs(value) < 1_000 ? whole : short).format(value);
}
