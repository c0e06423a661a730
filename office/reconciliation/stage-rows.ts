import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId } from '../../domain/ids.ts';
import { type Stage, STAGES } from '../../domain/order.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';

/** So many orders are read by one statement. */
export const PAGE = 1_000;

/** Orders that are on record; with `quietSince` only those that have not changed since then. */
export async function stagesOf(
  em: EntityManager,
  orderIds: readonly string[],
  quietSince?: Date,
): Promise<Pick<Row<'Order'>, 'id' | 'stage' | 'updatedAt'>[]> {
  if (orderIds.length === 0) return [];
  const rows = kyselyOf(em)
    .selectFrom('Order')
    .select(['id', 'stage', 'updatedAt'])
    .where(
      'id',
      'in',
      orderIds.flatMap((id) => parseOrderId(id) ?? []),
    );
  return (quietSince ? rows.where('updatedAt', '<', quietSince) : rows).execute();
}

/** The stage that a workflow says, where it is one. */
export function stageIn(said: string | undefined): Stage | undefined {
  return STAGES.find((stage) => stage === said);
}
