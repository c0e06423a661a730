import { useAct } from '../data/act.ts';
import { api } from '../data/api.ts';
import { Address } from '../shared/address.tsx';
import { ActButton } from '../shared/act-button.tsx';
import { ProblemAlert } from '../shared/states.tsx';
import type { Schemas } from './data.ts';

/** Orders show the check office no address. Whoever needs one reads it for a reason; that is put on record first, and the buyer sees it. */
export function AddressReading({ orderId, reason }: { readonly orderId: string; readonly reason: string }) {
  const read = useAct((why: string) =>
    api.GET('/v1/orders/{orderId}/delivery-address', { params: { path: { orderId }, query: { reason: why } } }),
  );
  const given = reason.trim();
  return (
    <div className="address-reading">
      <div className="actions">
        <ActButton
          busy={read.isPending}
          onClick={() => read.mutate(given)}
          disabled={given === ''}
          className="secondary outline"
        >
          Read delivery address
        </ActButton>
        <small>The reading is put on record, and the buyer sees it.</small>
      </div>
      {read.error !== null && <ProblemAlert error={read.error} />}
      <div aria-live="polite">{read.data && <Found of={read.data} />}</div>
    </div>
  );
}

function Found({ of: { deliverTo, receivedBy, notes } }: { readonly of: Schemas['DeliveryAddress'] }) {
  return (
    <>
      <Address of={deliverTo} />
      {receivedBy !== null && <p className="facts">Received by {receivedBy}</p>}
      {notes.map(({ eventId, note }) => (
        <p key={eventId} className="facts">
          Note of the way: {note}
        </p>
      ))}
    </>
  );
}
