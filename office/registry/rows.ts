import type { EntityManager } from '@mikro-orm/postgresql';
import type { Agent } from '../../domain/party.ts';

export type RegistryStatus = 'active' | 'suspended';

/** A registry row as the operator sees it. `version` grows with every change. */
export interface Registration {
  readonly id: string;
  readonly name: string;
  readonly status: RegistryStatus;
  readonly agent: Agent;
  readonly version: number;
  /** Sellers only: the office's fee on what the seller is paid, in hundredths of a per cent. */
  readonly feeBasisPoints?: number;
}

interface RegistryRow {
  readonly id: string;
  readonly name: string;
  readonly status: RegistryStatus;
  readonly agent: Agent;
}

/**
 * Writes a registry row. Its version grows only when something changed, so that a repeated PUT is no change.
 * Further columns that are `undefined` stay as they are.
 */
export async function putRow(
  tx: EntityManager,
  table: 'sellers' | 'distributors',
  { id, name, status, agent }: RegistryRow,
  further: Readonly<Record<string, string | number | undefined>>,
): Promise<Registration> {
  const given = Object.entries({ name, status, agent, ...further }).filter(([, value]) => value !== undefined);
  const columns = given.map(([column]) => column);
  const list = (prefix: string) => columns.map((column) => prefix + column).join(', ');
  await tx.execute(
    `insert into ${table} as known (id, ${list('')}) values (?, ${columns.map(() => '?').join(', ')})
     on conflict (id) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')},
       version = known.version + 1, updated_at = now()
     where (${list('known.')}) is distinct from (${list('excluded.')})`,
    [id, ...given.map(([, value]) => value)],
  );
  return readRow(tx, table, id);
}

async function readRow(tx: EntityManager, table: 'sellers' | 'distributors', id: string): Promise<Registration> {
  const fee = table === 'sellers' ? ', fee_basis_points as "feeBasisPoints"' : '';
  const sql = `select id, name, status, agent, version${fee} from ${table} where id = ?`;
  const [row] = await tx.execute<Registration[]>(sql, [id]);
  if (!row) throw new Error(`${table} row ${id} vanished`);
  return row;
}
