import { Link } from 'react-router';
import type { paths } from '../../../client/index.ts';
import { api } from '../../data/api.ts';
import { usePages } from '../../data/pages.ts';
import { More } from '../../shared/more.tsx';
import { Empty, Loaded } from '../../shared/states.tsx';
import { Table, type Column } from '../../shared/table.tsx';
import { Age, Mark } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';
import type { BoardFilter } from './filter.ts';

type WaitingStage = NonNullable<NonNullable<paths['/v1/waiting-orders']['get']['parameters']['query']>['stage']>;

const COLUMNS: readonly Column<Schemas['WaitingOrder']>[] = [
  { title: 'Order', render: ({ id }) => <Link to={`/orders/${id}`}>{id}</Link> },
  { title: 'Stage', render: ({ stage }) => <Mark word={stage} /> },
  { title: 'Waits for', render: ({ waiting }) => `${waiting.partyId} ${waiting.what}` },
  { title: 'Since', render: ({ waiting }) => <Age since={waiting.since} /> },
];

/** Orders that wait for a party, the longest first. Nothing is wrong with them. */
export function WaitingTable({ filter: { waitingFor = '', stage } }: { readonly filter: BoardFilter }) {
  const filter = { partyId: waitingFor, limit: 20, ...(stage && { stage: stage as WaitingStage }) };
  const orders = usePages('/v1/waiting-orders', filter, (query) =>
    api.GET('/v1/waiting-orders', { params: { query } }),
  );
  return (
    <Loaded of={orders}>
      {(data) =>
        data.length === 0 ? (
          <Empty>Nothing waits for {waitingFor} any more.</Empty>
        ) : (
          <>
            <Table label="Orders that wait" rows={data} keyOf={({ id }) => id} columns={COLUMNS} />
            <More of={orders} what="waiting orders" />
          </>
        )
      }
    </Loaded>
  );
}
