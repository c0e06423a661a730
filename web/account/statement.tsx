import { useState } from 'react';
import { Link } from 'react-router';
import type { components } from '../../client/index.ts';
import { api, query } from '../data/api.ts';
import { usePages } from '../data/pages.ts';
import { More } from '../shared/more.tsx';
import { Empty, Loaded, ProblemAlert } from '../shared/states.tsx';
import { Table } from '../shared/table.tsx';
import { Money, When } from '../shared/values.tsx';
import { saveCsv } from './csv.ts';
import { daysBefore, momentsOf, today } from './range.ts';

type Page = components['schemas']['Statement'];
type Booking = components['schemas']['Booking'];

/** What each kind of booking is to whose account it is. */
const KINDS: Readonly<Record<Booking['kind'], string>> = {
  deposit: 'Paid in',
  withdrawal: 'Paid out',
  payout: 'Paid out',
  hold: 'Held',
  capture: 'Payment of an order',
  void: 'Hold released',
  expire: 'Hold released',
  refund: 'Given back',
};

/** The bookings between two days, both included, with what the account held before and after them. */
export function Statement({ accountId, currency }: { readonly accountId: string; readonly currency: string }) {
  const [from, setFrom] = useState(() => daysBefore(30));
  const [to, setTo] = useState(today);
  return (
    <>
      <div className="actions">
        <label>
          From
          <input type="date" max={to} value={from} onChange={({ target }) => setFrom(target.value)} />
        </label>
        <label>
          To
          <input type="date" min={from} value={to} onChange={({ target }) => setTo(target.value)} />
        </label>
        <CsvButton accountId={accountId} range={momentsOf(from, to)} />
      </div>
      {from !== '' && to !== '' && from > to ? (
        <p role="alert" className="note">
          The first day lies after the last one.
        </p>
      ) : (
        <Bookings accountId={accountId} range={momentsOf(from, to)} currency={currency} />
      )}
    </>
  );
}

interface Range {
  readonly from?: string;
  readonly to?: string;
}

function Bookings(props: { readonly accountId: string; readonly range: Range; readonly currency: string }) {
  const { accountId, range, currency } = props;
  const path = { accountId };
  const first = query.useQuery('get', '/v1/accounts/{accountId}/statement', {
    params: { path, query: { ...range, limit: 1 } },
  });
  const sums = asJson(first.data);
  const bookings = usePages('/v1/accounts/{accountId}/statement', { ...range, accountId }, async ({ cursor }) => {
    const asked = { ...range, ...(cursor !== undefined && { cursor }) };
    const { data, error } = await api.GET('/v1/accounts/{accountId}/statement', { params: { path, query: asked } });
    return { data: asJson(data), error };
  });
  return (
    <>
      <Loaded of={bookings} lines={6}>
        {(list) =>
          list.length === 0 ? (
            <Empty>Nothing was booked in these days.</Empty>
          ) : (
            <BookingTable list={list} opening={sums?.openingBalance} currency={currency} />
          )
        }
      </Loaded>
      <More of={bookings} what="bookings" />
      {sums && (
        <p>
          At the end: <Money of={sums.closingBalance} />
        </p>
      )}
    </>
  );
}

/** Asked for as JSON, it is never the CSV. */
function asJson(statement: Page | string | undefined): Page | undefined {
  return typeof statement === 'string' ? undefined : statement;
}

function BookingTable(props: {
  readonly list: readonly Booking[];
  readonly opening: Booking['amount'] | undefined;
  readonly currency: string;
}) {
  const { list, opening, currency } = props;
  return (
    <Table
      label="Bookings"
      className="wide"
      rows={list}
      keyOf={({ id }) => id}
      lead={
        <tr className="quiet">
          <td colSpan={4}>Before these days</td>
          <td className="number">
            <Money of={opening} />
          </td>
        </tr>
      }
      columns={[
        { title: 'When', render: ({ time }) => <When at={time} /> },
        { title: 'What', render: ({ kind }) => KINDS[kind] },
        {
          title: 'For',
          render: ({ orderId, reference }) => (orderId ? <Link to={`/orders/${orderId}`}>{orderId}</Link> : reference),
        },
        { title: `Amount (${currency})`, number: true, render: ({ amount }) => <Money of={amount} /> },
        { title: 'Balance', number: true, render: ({ balanceAfter }) => <Money of={balanceAfter} /> },
      ]}
    />
  );
}

function CsvButton({ accountId, range }: { readonly accountId: string; readonly range: Range }) {
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: unknown }>({ busy: false });
  const download = async (): Promise<void> => {
    setState({ busy: true });
    try {
      await saveCsv(accountId, range);
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <>
      <button
        type="button"
        className="secondary outline"
        aria-busy={state.busy}
        disabled={state.busy}
        onClick={() => void download()}
      >
        Download CSV
      </button>
      {state.error !== undefined && <ProblemAlert error={state.error} />}
    </>
  );
}
