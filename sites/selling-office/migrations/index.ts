import type { MigrationObject } from '@mikro-orm/core';
import { migrationFromSql } from '../../../client/site-database.ts';

/** Every migration, in order. They go forward only: a mistake is fixed by the next one. */
export const migrations: MigrationObject[] = [migrationFromSql('0001-tables', import.meta.url)];
