import type { Stage } from '../data/stages.ts';
import type { OrderEvent } from '../shared/events.ts';
import { formatWhen, formatWhenShort, formatWord } from '../shared/format.ts';
import { trackOf, type TrackedStage } from './track.ts';

/** The stages of the order's way: what lies behind, where it stands, what lies ahead. */
export function Track({ stage, events }: { readonly stage: Stage; readonly events: readonly OrderEvent[] }) {
  return (
    <ol className="track" aria-label="Stages">
      {trackOf(stage, events).map((one) => (
        <li key={one.stage} data-is={one.is} aria-current={isHere(one) ? 'step' : undefined}>
          <span className="name">{formatWord(one.stage)}</span>
          {one.is === 'ahead' ? (
            <span className="unseen">not yet</span>
          ) : (
            <span className="at">{one.at === undefined ? 'done' : <ShortWhen at={one.at} />}</span>
          )}
        </li>
      ))}
    </ol>
  );
}

function isHere({ is }: TrackedStage): boolean {
  return is === 'now' || is === 'ended';
}

function ShortWhen({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={formatWhen(at)}>
      {formatWhenShort(at)}
    </time>
  );
}
