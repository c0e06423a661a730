import type { SituationReport } from '../domain/delivery.ts';
import { carriedView, decidedEnding, wasPaid, type Ending, type OrderView } from '../domain/order.ts';
import type { Agent } from '../domain/party.ts';
import type { PaymentDemanding } from '../domain/settlement.ts';
import { type RequestedOrder, readOrder, readReports, readRequest } from '../office/orders/index.ts';
import type { OrderInput } from '../workflows/messages/definitions.ts';
import type { OrderDeps } from './deps.ts';

/** All that is on record of an order: enough for its workflow to resume from there. */
export interface Recalled {
  readonly order: OrderView;
  /** What the order was requested with: as it is on record, whatever a new workflow was started with. */
  readonly request: RequestedOrder | null;
  readonly ending: Ending | null;
  readonly agents: { readonly buyer: Agent; readonly seller: Agent; readonly distributor: Agent };
  readonly paid: boolean;
  readonly paymentIndicated: boolean;
  /** The completion is on record at the check office (claim 23). An answer of before 29 November 2026 does not say. */
  readonly officeNotified?: boolean;
  readonly paymentDemand?: PaymentDemanding;
  /** The seller's agent has not promised yet: the seller was suspended when the check was presented. */
  readonly promiseDue?: boolean;
  readonly reports: readonly SituationReport[];
  /** How many failed attempts were on record when the date was fixed that counts now. */
  readonly plannedAfter?: number;
}

export function createRecallSteps({ orm }: Pick<OrderDeps, 'orm'>) {
  return {
    /** All that is on record of an order that was decided before: its workflow resumes from there. Throws when it is not on record. */
    async recallOrder({ orderId }: OrderInput): Promise<Recalled> {
      const em = orm.em.fork();
      const record = await readOrder(em, orderId);
      const [facts] = await em.execute<FactsRow[]>(FACTS, [orderId]);
      if (!record || !facts) throw new Error(`order ${orderId} is not on record`);
      const { view } = record;
      const { ending, buyer, seller, distributor, payment_indicated: paymentIndicated } = facts;
      const { office_notified: officeNotified, payment_demand: paymentDemand } = facts;
      return {
        order: carriedView(view),
        request: (await readRequest(em, orderId)) ?? null,
        ending: decidedEnding(view.stage, ending) ?? null,
        agents: { buyer: buyer ?? 'auto', seller: seller ?? 'auto', distributor: distributor ?? 'auto' },
        paid: wasPaid(view.payment.status),
        paymentIndicated,
        officeNotified,
        paymentDemand,
        promiseDue: view.stage === 'presented' && seller === 'auto',
        reports: await readReports(em, orderId),
        plannedAfter: facts.planned_after,
      };
    },
  };
}

interface FactsRow {
  ending: Ending | null;
  buyer: Agent | null;
  seller: Agent | null;
  distributor: Agent | null;
  payment_indicated: boolean;
  office_notified: boolean;
  payment_demand: PaymentDemanding;
  planned_after: number;
}

/** What no single entity has: the ending, whose agents act, two events, and what the date takes into account. */
const FACTS = `
  select o.ending, a.agent as buyer, coalesce(o.seller_agent, s.agent) as seller, coalesce(o.distributor_agent, d.agent) as distributor,
    exists (select 1 from order_events e where e.order_id = o.id and e.key = 'payment_indicated') as payment_indicated,
    exists (select 1 from order_events e where e.order_id = o.id and e.key = 'completion_notified_office') as office_notified,
    o.payment_demand,
    (select count(*)::int from distribution_reports r where r.order_id = o.id and r.kind = 'failed_attempt' and r.recorded_at <
      (select max(e.occurred_at) from order_events e where e.order_id = o.id and e.type = 'dispatch_scheduled')) as planned_after
  from orders o left join accounts a on a.id = o.buyer_id left join sellers s on s.id = o.seller_id
    left join distributors d on d.id = o.distributor_id
  where o.id = ?`;
