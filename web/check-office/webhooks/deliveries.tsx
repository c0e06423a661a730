import { useState } from 'react';
import { Link } from 'react-router';
import { useAct } from '../../data/act.ts';
import { api, query } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { Empty, Loaded, ProblemAlert } from '../../shared/states.tsx';
import { Table, type Column } from '../../shared/table.tsx';
import { Age, Mark } from '../../shared/values.tsx';
import { Choice } from '../choice.tsx';
import type { Schemas } from '../data.ts';

type Status = Schemas['WebhookDelivery']['status'];

/** What was sent to a target lately, the latest first, and what came of it; each can be sent again. */
export function Deliveries({ webhookId }: { readonly webhookId: string }) {
  const [status, setStatus] = useState<Status | ''>('');
  const deliveries = query.useQuery('get', '/v1/webhooks/{webhookId}/deliveries', {
    params: { path: { webhookId }, query: status ? { status } : {} },
  });
  const resend = useAct((deliveryId: string) =>
    api.POST('/v1/webhooks/{webhookId}/deliveries/{deliveryId}/resend', {
      params: { path: { webhookId, deliveryId } },
    }),
  );
  return (
    <div className="deliveries">
      <div className="actions">
        <Choice label="Status" value={status} options={['', 'pending', 'delivered', 'dead']} onChange={setStatus} />
      </div>
      {resend.error !== null && <ProblemAlert error={resend.error} />}
      <Loaded of={deliveries}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>Nothing was sent there. A delivery comes with each event of an order.</Empty>
          ) : (
            <Table
              label="Deliveries"
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                ...WHAT,
                {
                  title: 'What can be done',
                  unseen: true,
                  render: ({ id }) => (
                    <ActButton
                      busy={resend.isPending && resend.variables === id}
                      onClick={() => resend.mutate(id)}
                      disabled={resend.isPending}
                      className="secondary outline small"
                    >
                      Send again
                    </ActButton>
                  ),
                },
                ...HOW,
              ]}
            />
          )
        }
      </Loaded>
    </div>
  );
}

type Delivery = Schemas['WebhookDelivery'];

const WHAT: readonly Column<Delivery>[] = [
  { title: 'Event', render: ({ type }) => type },
  { title: 'Status', render: ({ status }) => <Mark word={status === 'dead' ? 'bad' : status} of={status} /> },
  { title: 'Attempts', number: true, render: ({ attempts }) => attempts },
];

const HOW: readonly Column<Delivery>[] = [
  { title: 'Changed', render: ({ updatedAt }) => <Age since={updatedAt} /> },
  { title: 'Order', render: ({ orderId }) => <Link to={`/orders/${orderId}`}>{orderId}</Link> },
  { title: 'Last error', render: ({ lastError }) => lastError },
];
