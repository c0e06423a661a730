import type { Order } from '../../client/index.ts';
import { useStageOrders } from '../data/stage-orders.ts';
import { More } from '../shared/more.tsx';
import { EndedOrders, OrderTable } from '../shared/order-table.tsx';
import { OrderCards } from '../shared/orders.tsx';
import { Panel } from '../shared/page.tsx';
import { Loaded, ReadTogether } from '../shared/states.tsx';
import type { Column } from '../shared/table.tsx';
import { formatWeight, weightOf } from './goods.ts';
import { Instruction, Planned } from './instruction.tsx';

/** A distributor knows an order from its instruction on: none that was refused. */
const ENDINGS = ['completed', 'cancelled', 'expired', 'refunded'] as const;

const COLUMNS: readonly Column<Order>[] = [
  { title: 'Planned for', render: (order) => <Planned order={order} /> },
  { title: 'Place', render: ({ deliverTo }) => deliverTo && placeOf(deliverTo) },
  { title: 'Weight', number: true, render: ({ lines }) => formatWeight(weightOf(lines)) },
];

function placeOf({ postalCode, city, country }: NonNullable<Order['deliverTo']>): string {
  return [country, postalCode, city].filter(Boolean).join(' ');
}

/** What waits for a date, what is on its way, what is planned, what was delivered, and what has ended. */
export function DeliveriesView() {
  const undated = useStageOrders('accepted');
  const moving = useStageOrders('in_distribution');
  const planned = useStageOrders('scheduled');
  const delivered = useStageOrders('delivered');
  return (
    <ReadTogether of={[undated, moving, planned, delivered]}>
      <Panel title="Waiting for a date">
        <Deliveries
          of={undated}
          order={(list) => list.toReversed()}
          empty="No order waits for a date. One comes here when its seller has promised it and you fix dates yourself."
        />
      </Panel>
      <Panel title="On the way">
        <Deliveries of={moving} order={soonestFirst} empty="Nothing is on the way." />
      </Panel>
      <Panel title="Planned">
        <Deliveries
          of={planned}
          order={soonestFirst}
          empty="Nothing is planned. Orders come here once their date is fixed."
        />
      </Panel>
      {delivered.data && delivered.data.length > 0 && (
        <Panel title="Delivered">
          <OrderTable orders={delivered.data} columns={COLUMNS} empty="Nothing." caption="Delivered" />
          <More of={delivered} what="deliveries" />
        </Panel>
      )}
      <Panel title="Ended">
        <EndedOrders stages={ENDINGS} columns={COLUMNS} />
      </Panel>
    </ReadTogether>
  );
}

function Deliveries(props: {
  readonly of: ReturnType<typeof useStageOrders>;
  readonly order: (list: readonly Order[]) => readonly Order[];
  readonly empty: string;
}) {
  const { of, order, empty } = props;
  return (
    <>
      <Loaded of={of}>
        {(list) => (
          <div className="acting">
            <OrderCards orders={order(list)} about={instructionOf} empty={empty} />
          </div>
        )}
      </Loaded>
      <More of={of} what="deliveries" />
    </>
  );
}

function instructionOf(order: Order) {
  return <Instruction order={order} />;
}

function soonestFirst(list: readonly Order[]): readonly Order[] {
  return list.toSorted((a, b) => plannedAt(a).localeCompare(plannedAt(b)));
}

function plannedAt({ distribution }: Order): string {
  return distribution?.deliverAt ?? '';
}
