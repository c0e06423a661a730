import type { EntityManager } from '@mikro-orm/postgresql';
import type { Consignment, DistributorTerms, Parcel } from '../../domain/dispatch.ts';
import type { OrderId } from '../../domain/ids.ts';
import { RecordBehindError } from './step-record.ts';

/** What a date rests on, but for the address, which only its reader can open. */
export interface DispatchFacts extends Omit<Consignment, 'place'> {
  readonly deliverToSealed: string;
  /** The version of the distributor's registry row. */
  readonly termsVersion: number;
}

interface FactsRow {
  terms: DistributorTerms | null;
  version: number;
  /** RFC 3339. */
  orderedAt: string;
  deliverToSealed: string;
  parcels: { [Member in keyof Parcel]: Parcel[Member] | null }[] | null;
}

/**
 * Raw: terms, goods and times in one statement, so that a date rests on one moment of the books. Weight and handling are those
 * of the moment of ordering, where the order has them. The seller makes the goods ready from its promise on; one that is
 * given in the minute of the order counts as given with it.
 */
const FACTS = `
  select d.terms, d.version, o.deliver_to_sealed as "deliverToSealed",
    to_json(greatest(o.created_at, date_trunc('minute', p.occurred_at))) as "orderedAt",
    (select jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity,
        'weightGrams', coalesce(l."weightGrams", c.weight_grams), 'handlingHours', coalesce(l."handlingHours", c.handling_hours)))
      from jsonb_to_recordset(o.lines) as l(sku text, quantity int, "weightGrams" int, "handlingHours" int)
      left join commodities c on c.seller_id = o.seller_id and c.sku = l.sku) as parcels
  from orders o
    left join distributors d on d.id = o.distributor_id
    left join order_events p on p.order_id = o.id and p.key = 'distribution_promised'
  where o.id = ?`;

/** Reads what the date of an order's delivery rests on. Throws `RecordBehindError` when the order is not on record. */
export async function readDispatchFacts(em: EntityManager, orderId: OrderId): Promise<DispatchFacts> {
  const [row] = await em.execute<FactsRow[]>(FACTS, [orderId]);
  if (!row) throw new RecordBehindError('the order is not on record, and cannot be scheduled');
  const { terms, orderedAt, version, deliverToSealed } = row;
  const parcels = row.parcels?.filter(isWhole);
  if (!terms || !parcels || parcels.length !== row.parcels?.length)
    throw new Error(`order ${orderId}: its distributor or its commodities are not on record`);
  return { terms, parcels, orderedAt: new Date(orderedAt), termsVersion: version, deliverToSealed };
}

function isWhole(parcel: NonNullable<FactsRow['parcels']>[number]): parcel is Parcel {
  return Object.values(parcel).every((member) => member !== null);
}
