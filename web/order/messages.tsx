import { useState } from 'react';
import { api, query } from '../data/api.ts';
import { useAct } from '../data/act.ts';
import { useSession } from '../session/session.tsx';
import { Panel } from '../shared/page.tsx';
import { Empty, Loaded, ProblemAlert } from '../shared/states.tsx';
import { MessageCard } from './message-card.tsx';
import type { OrderMessages } from './receipts.ts';

/** What went over the network to the parties' own servers, and what these signed for it. */
export function Messages({ orderId }: { readonly orderId: string }) {
  const { role } = useSession();
  return (
    <Panel title="Messages and receipts">
      {role === 'operator' ? <MessagesOnRequest orderId={orderId} /> : <OwnMessages orderId={orderId} />}
    </Panel>
  );
}

function OwnMessages({ orderId }: { readonly orderId: string }) {
  const messages = query.useQuery('get', '/v1/orders/{orderId}/messages', { params: { path: { orderId } } });
  return <Loaded of={messages}>{(shown) => <MessageList orderId={orderId} messages={shown} />}</Loaded>;
}

/** Messages hold addresses: an operator's read is put on record, so nothing here reads them by itself, or again. */
function MessagesOnRequest({ orderId }: { readonly orderId: string }) {
  const [reason, setReason] = useState('Looking after the order');
  const read = useAct((why: string) =>
    api.GET('/v1/orders/{orderId}/messages', { params: { path: { orderId }, query: { reason: why } } }),
  );
  return (
    <>
      <form
        className="on-request"
        onSubmit={(event) => {
          event.preventDefault();
          read.mutate(reason);
        }}
      >
        <p className="quiet">
          Messages hold the address. Reading them is put on record, and the buyer sees that it was read.
        </p>
        <div className="actions">
          <label>
            Why you read the messages
            <input value={reason} required maxLength={500} onChange={({ target }) => setReason(target.value)} />
          </label>
          <button type="submit" className="secondary" aria-busy={read.isPending} disabled={read.isPending}>
            Read messages
          </button>
        </div>
        {read.error !== null && <ProblemAlert error={read.error} onRetry={() => read.mutate(reason)} />}
      </form>
      {read.data && <MessageList orderId={orderId} messages={read.data} />}
    </>
  );
}

/** What the API answers, as the typed client reads it. */
type Evidence = Pick<OrderMessages, 'data' | 'office'>;

function MessageList({ orderId, messages }: { readonly orderId: string; readonly messages: Evidence }) {
  const { data, office } = messages;
  if (data.length === 0)
    return <Empty>Nothing was sent to servers of the parties: they act through this service itself.</Empty>;
  return (
    <>
      <ul className="messages">
        {data.map((one) => (
          <MessageCard key={one.id} one={one} office={office} />
        ))}
      </ul>
      <button type="button" className="secondary outline small" onClick={() => download(orderId, messages)}>
        Download the evidence
      </button>{' '}
      <small className="quiet">
        Judge it offline, with keys that you have from elsewhere: <code>npm run verify -- evidence FILE</code>
      </small>
    </>
  );
}

/** The answer of the API as it came: what `npm run verify -- evidence` reads. */
function download(orderId: string, messages: Evidence): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(messages, undefined, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `evidence-${orderId}.json`;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
