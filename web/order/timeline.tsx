import { formatDay, formatTime } from '../shared/format.ts';
import { useSession } from '../session/session.tsx';
import { Panel } from '../shared/page.tsx';
import { Loaded } from '../shared/states.tsx';
import type { OrderEvent } from '../shared/events.ts';
import { sentenceOf } from './event-words.ts';
import { useTimeline } from './history.ts';

/** What happened, when, by whom, day by day. */
export function Timeline({ orderId }: { readonly orderId: string }) {
  const timeline = useTimeline(orderId);
  return (
    <Panel title="Timeline">
      <Loaded of={timeline} lines={6}>
        {({ data }) => {
          const [, ...moves] = data.filter(({ type }) => type === 'dispatch_scheduled');
          return byDay(data).map(([day, events]) => <Day key={day} {...{ day, events, moves }} />);
        }}
      </Loaded>
    </Panel>
  );
}

function byDay(events: readonly OrderEvent[]): [day: string, events: OrderEvent[]][] {
  return [...Map.groupBy(events, ({ occurredAt }) => formatDay(occurredAt))];
}

function Day(props: {
  readonly day: string;
  readonly events: readonly OrderEvent[];
  /** Dates after the first one that was fixed: they move it. */
  readonly moves: readonly OrderEvent[];
}) {
  const { day, events, moves } = props;
  return (
    <>
      <h3>{day}</h3>
      <ol className="timeline">
        {events.map((event) => (
          <Event key={event.id} event={event} isAgain={moves.includes(event)} />
        ))}
      </ol>
    </>
  );
}

function Event({ event, isAgain }: { readonly event: OrderEvent; readonly isAgain: boolean }) {
  const { role } = useSession();
  const { occurredAt, claims, body, type } = event;
  return (
    <li>
      <time dateTime={occurredAt}>{formatTime(occurredAt)}</time>
      <p>
        {sentenceOf(event, isAgain)}{' '}
        {role === 'operator' && claims.length > 0 && (
          <small className="claims" title="What of the design's claims this shows">
            claims {claims.join(', ')}
          </small>
        )}
      </p>
      <details>
        <summary>{type}</summary>
        <pre>{JSON.stringify(body, undefined, 2)}</pre>
      </details>
    </li>
  );
}
