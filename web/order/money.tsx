import type { components, Order } from '../../client/index.ts';
import { query } from '../data/api.ts';
import { hasEnded } from '../data/orders.ts';
import { Panel } from '../shared/page.tsx';
import { refundedOf } from '../shared/refunded.ts';
import { Scroll } from '../shared/scroll.tsx';
import { Loaded } from '../shared/states.tsx';
import { Mark, Money as Sum, When } from '../shared/values.tsx';
import { useTimeline } from './history.ts';
import { KIND_WORDS, netsToZero, rowsOf } from './money-rows.ts';

type MoneyTrace = components['schemas']['MoneyTrace'];

const SETTLED_WHEN = { delivery: 'after the delivery', notice: 'when the seller promises the goods' } as const;

/** What has become of the charge, and every entry that the order has made, with the proof that they come to nothing together. */
export function Money({ order }: { readonly order: Order }) {
  const { id, payment, settleOn } = order;
  const isDue = payment?.status === 'held' || (payment?.status === 'none' && !hasEnded(order));
  const refunded = refundedOf(useTimeline(id).data?.data ?? []);
  const trace = query.useQuery('get', '/v1/orders/{orderId}/money', { params: { path: { orderId: id } } });
  return (
    <Panel title="Money" aside={payment && payment.status !== 'none' && <Mark word={payment.status} />}>
      {payment?.amount && refunded > 0 && (
        <p className="quiet">
          <Sum of={{ ...payment.amount, amount: refunded }} /> of it was given back.
        </p>
      )}
      {isDue && settleOn && <p className="quiet">The seller is paid {SETTLED_WHEN[settleOn]}.</p>}
      <Loaded of={trace}>{(shown) => <Trace of={shown} />}</Loaded>
    </Panel>
  );
}

function Trace({ of: trace }: { readonly of: MoneyTrace }) {
  const { accounts, proof } = trace;
  if (trace.entries.length === 0) return <p className="empty">No money has been touched.</p>;
  return (
    <>
      <Scroll label="Entries of the ledger">
        <table className="trace">
          <thead>
            <tr>
              <th scope="col">What</th>
              {accounts.map(({ accountId }) => (
                <th key={accountId} scope="col" className="number">
                  {accountId}
                </th>
              ))}
              <th scope="col" className="number">
                Held
              </th>
            </tr>
          </thead>
          <tbody>
            {rowsOf(trace).map(({ id, kind, at, amounts, held }) => (
              <tr key={id}>
                <th scope="row">
                  {KIND_WORDS[kind]} <small className="quiet">{<When at={at} />}</small>
                </th>
                {accounts.map(({ accountId }) => (
                  <td key={accountId} className="number">
                    <Change of={amounts.get(accountId)} />
                  </td>
                ))}
                <td className="number">
                  <Change of={held} />
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">In all</th>
              {accounts.map(({ accountId, net }) => (
                <td key={accountId} className="number">
                  <Sum of={net} />
                </td>
              ))}
              <td className="number">
                <Sum of={proof.held} />
              </td>
            </tr>
          </tfoot>
        </table>
      </Scroll>
      <Proof of={trace} />
    </>
  );
}

function Change({ of: sum }: { readonly of: components['schemas']['Money'] | undefined }) {
  return sum === undefined || sum.amount === 0 ? null : <Sum of={sum} />;
}

/** Added up here once more: the page does not take the service's word for it. */
function Proof({ of: trace }: { readonly of: MoneyTrace }) {
  const good = trace.proof.netsToZero && netsToZero(trace);
  return (
    <p className={good ? 'proof good' : 'proof bad'}>
      {good ? 'Nets to zero ✓' : 'Does not net to zero: tell the check office'}
      {good && trace.proof.held !== null && trace.proof.held.amount > 0 && (
        <span className="quiet">
          {' '}
          · <Sum of={trace.proof.held} /> still held
        </span>
      )}
    </p>
  );
}
