import type { MikroORM } from '@mikro-orm/postgresql';
import { openSiteDatabase } from '../../client/site-database.ts';
import { entities } from './entities/index.ts';
import { migrations } from './migrations/index.ts';

export type Orm = MikroORM;

/** Connects to the company's own database and brings it to the newest schema. */
export function openDatabase(url: string): Promise<Orm> {
  return openSiteDatabase({ url, name: 'distributing-company', entities, migrations });
}
