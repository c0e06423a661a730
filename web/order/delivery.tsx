import type { components, Order } from '../../client/index.ts';
import { query } from '../data/api.ts';
import { useSession } from '../session/session.tsx';
import { countryName, formatWhenHere, formatWhenIn } from '../shared/format.ts';
import { Panel } from '../shared/page.tsx';
import { Mark, When } from '../shared/values.tsx';
import { useTimeline } from './history.ts';

type DeliverTo = components['schemas']['DeliverTo'];

/** When the goods come, how that goes, and where to. */
export function Delivery({ order }: { readonly order: Order }) {
  const { role } = useSession();
  const { distribution, deliverTo } = order;
  return (
    <Panel title="Delivery">
      {distribution && <Dates order={order} distribution={distribution} />}
      {deliverTo && <Address of={deliverTo} />}
      {!deliverTo && role === 'operator' && (
        <p className="quiet">
          The address is personal: it is read for a reason, which is put on record (Read delivery address).
        </p>
      )}
      {!deliverTo && role !== 'operator' && <p className="quiet">The address is no longer kept.</p>}
    </Panel>
  );
}

function Dates({
  order,
  distribution,
}: {
  readonly order: Order;
  readonly distribution: NonNullable<Order['distribution']>;
}) {
  const events = useTimeline(order.id).data?.data ?? [];
  const failed = events.filter(
    ({ type, body }) => type === 'distribution_reported' && body['kind'] === 'failed_attempt',
  );
  const completed = events.findLast((event) => event.type === 'distribution_completed');
  const receivedBy = completed?.body.receivedBy;
  return (
    <dl className="facts-list">
      <dt>Fixed for</dt>
      <dd>
        <strong>
          <When at={distribution.deliverAt} />
        </strong>
        {distribution.deliverAt !== null && <ThereTime order={order} deliverAt={distribution.deliverAt} />}
      </dd>
      <dt>Status</dt>
      <dd>
        <Mark word={distribution.status} />
      </dd>
      {failed.length > 0 && (
        <>
          <dt>Failed attempts</dt>
          <dd>{failed.length}</dd>
        </>
      )}
      {completed && (
        <>
          <dt>Delivered</dt>
          <dd>
            <When at={completed.occurredAt} />
            {typeof receivedBy === 'string' && <>, received by {receivedBy}</>}
          </dd>
        </>
      )}
    </dl>
  );
}

/** The same moment by the distributor's clock, for those who may read its terms, where that is another one. */
function ThereTime({ order, deliverAt }: { readonly order: Order; readonly deliverAt: string }) {
  const { role } = useSession();
  const params = { path: { orderId: order.id } };
  const enabled = role === 'distributor' || role === 'operator';
  const { data } = query.useQuery('get', '/v1/orders/{orderId}/delivery-slots', { params }, { enabled });
  const there = data && formatWhenIn(deliverAt, data.timeZone);
  if (!data || there === formatWhenHere(deliverAt)) return null;
  return (
    <span className="quiet there">
      {there} by the clock of {order.distributorId} ({data.timeZone.replaceAll('_', ' ')})
    </span>
  );
}

function Address({ of }: { readonly of: DeliverTo }) {
  const { name, company, street, street2, city, region, postalCode, country, phone, note } = of;
  const town = [postalCode, city, region].filter((part) => part !== undefined).join(' ');
  const lines = [name, company, street, street2, town, countryName(country)].filter(Boolean);
  return (
    <>
      <address>
        {lines.map((line, index) => (
          // Two lines of an address may say the same.
          <span key={`${index}${line}`}>{line}</span>
        ))}
      </address>
      {phone !== undefined && <p>Phone {phone}</p>}
      {note !== undefined && <p className="quiet">Note: {note}</p>}
    </>
  );
}
