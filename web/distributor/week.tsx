import { Mark } from '../shared/values.tsx';
import { weekOf, type AgendaDay } from './agenda.ts';
import { formatWeight, weightOf } from './goods.ts';
import { formatDay } from './local-time.ts';

/** The week from today on at a glance: how much comes on which day, and which days have no service. */
export function Week(props: {
  readonly days: readonly AgendaDay[];
  readonly today: string;
  readonly weekdays: readonly number[];
}) {
  const { days, today, weekdays } = props;
  return (
    <ol className="week" aria-label="The week from today on">
      {weekOf(days, today, weekdays).map(({ day, isServed, orders }) => (
        <li key={day} className={isServed ? undefined : 'off'}>
          <span className="quiet">{formatDay(day, 'short')}</span>
          <strong>{orders.length}</strong>
          <span className="quiet">
            {orders.length > 0
              ? formatWeight(weightOf(orders.flatMap(({ lines }) => lines)))
              : !isServed && 'no service'}
          </span>
          {!isServed && orders.length > 0 && <Mark word="bad" of="no service" />}
        </li>
      ))}
    </ol>
  );
}
