import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { useAct } from '../data/act.ts';
import { api, query } from '../data/api.ts';
import { isOfType } from '../data/problems.ts';
import { ActButton } from '../shared/act-button.tsx';
import { announce } from '../shared/announce.ts';
import { Loaded, ProblemAlert } from '../shared/states.tsx';
import { useOwnZone } from './own-terms.ts';
import { formatIn, instantOf, wallClock } from './local-time.ts';

/** Moves the date that is fixed: closed until somebody wants it, and again when it is done. */
export function MoveDate({ order }: { readonly order: Order }) {
  const [open, setOpen] = useState(false);
  return (
    <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Change the date</summary>
      {open && <DateChoice order={order} button="Change date" onDone={() => setOpen(false)} />}
    </details>
  );
}

/** Fixes when the goods come. */
export function ConfirmDate({ order }: { readonly order: Order }) {
  return <DateChoice order={order} button="Confirm date" />;
}

/** The first date that the terms allow is there already; the next ones and any other can be chosen. */
function DateChoice(props: { readonly order: Order; readonly button: string; readonly onDone?: () => void }) {
  const { order, button, onDone } = props;
  const fixedFor = order.distribution?.deliverAt;
  const slots = query.useQuery('get', '/v1/orders/{orderId}/delivery-slots', {
    params: { path: { orderId: order.id } },
  });
  const ownZone = useOwnZone();
  return (
    <>
      <Loaded of={slots} lines={2}>
        {({ timeZone, data }) => (
          <DateForm
            {...{ timeZone, button, onDone }}
            orderId={order.id}
            slots={data.filter((slot) => slot !== fixedFor)}
          />
        )}
      </Loaded>
      {/* Without an offer any date may be typed: the API judges it. */}
      {slots.data === undefined && slots.error !== null && ownZone !== undefined && (
        <DateForm orderId={order.id} timeZone={ownZone} slots={[]} {...{ button, onDone }} />
      )}
    </>
  );
}

/** The choice of a time that none of the offered ones is. */
const ANOTHER = 'another';

function DateForm(props: {
  readonly orderId: string;
  readonly timeZone: string;
  readonly slots: readonly string[];
  readonly button: string;
  readonly onDone?: () => void;
}) {
  const { orderId, timeZone, slots, button, onDone } = props;
  // What is chosen or typed stays, whatever is read meanwhile.
  const [made, setChosen] = useState<string>();
  const [typedBy, setTyped] = useState<string>();
  const chosen = made ?? slots[0] ?? ANOTHER;
  const typed = typedBy ?? (slots[0] ? wallClock(slots[0], timeZone) : '');
  const fix = useAct(
    (deliverAt: string) =>
      api.POST('/v1/orders/{orderId}/schedule', { params: { path: { orderId } }, body: { deliverAt } }),
    () => {
      announce(`${orderId} has its date`);
      onDone?.();
    },
  );
  const deliverAt = chosen === ANOTHER ? instantOf(typed, timeZone) : chosen;
  const offered = slots.includes(chosen) || chosen === ANOTHER ? slots : [chosen, ...slots];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (deliverAt !== undefined) fix.mutate(deliverAt);
      }}
    >
      <div className="actions">
        <label>
          Delivery date and time
          <select value={chosen} onChange={({ target }) => setChosen(target.value)}>
            {offered.map((slot) => (
              <option key={slot} value={slot}>
                {formatIn(slot, timeZone)}
              </option>
            ))}
            <option value={ANOTHER}>Another time …</option>
          </select>
        </label>
        {chosen === ANOTHER && (
          <label>
            Time in {timeZone}
            <input type="datetime-local" required value={typed} onChange={({ target }) => setTyped(target.value)} />
          </label>
        )}
        <ActButton busy={fix.isPending} disabled={deliverAt === undefined}>
          {button}
        </ActButton>
      </div>
      <p className="quiet">
        Times in {timeZone}.{' '}
        {chosen === ANOTHER && typed !== '' && deliverAt === undefined && 'That time does not exist on that day.'}
      </p>
      {fix.error !== null && <ProblemAlert error={fix.error} />}
      <NextPossible error={fix.error} timeZone={timeZone} busy={fix.isPending} onTake={fix.mutate} />
    </form>
  );
}

/** What the API offers instead of a date outside the terms: taken by one click. */
function NextPossible(props: {
  readonly error: unknown;
  readonly timeZone: string;
  readonly busy: boolean;
  readonly onTake: (deliverAt: string) => void;
}) {
  const { error, timeZone, busy, onTake } = props;
  const { nextPossible } = Object(error) as { nextPossible?: string };
  if (!isOfType(error, 'outside-service') || nextPossible === undefined) return null;
  return (
    <ActButton busy={busy} onClick={() => onTake(nextPossible)}>
      Take {formatIn(nextPossible, timeZone)}
    </ActButton>
  );
}
