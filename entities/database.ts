import type { EntityManager, InferKyselyDB } from '@mikro-orm/postgresql';
import type { Kysely, Selectable } from 'kysely';
import type { entities } from './index.ts';

const NAMING = { tableNamingStrategy: 'entity', columnNamingStrategy: 'property', convertValues: true } as const;

/** The database as the entities describe it, by their names and their properties' names. */
export type Database = InferKyselyDB<(typeof entities)[number], typeof NAMING>;

/** Kysely, typed by the entities, inside the transaction of `em` where it has one. */
export function kyselyOf(em: EntityManager): Kysely<Database> {
  return em.getKysely<Database>(NAMING);
}

/** A row as it is read. */
export type Row<Entity extends keyof Database> = Selectable<Database[Entity]>;
