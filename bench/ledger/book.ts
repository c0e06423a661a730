import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { PARTIES } from './subjects.ts';

/** The databases of a run: in `ledger` the comparison of order, check and ledger at each commit is off. */
export type BookName = 'service' | 'ledger';

export interface Book {
  readonly owner: Client;
  /** As the service's login. */
  readonly pool: Pool;
  close(): Promise<void>;
}

/** Makes a migrated database with a thousand buyers, a thousand sellers and the bare ledger beside ours. */
export async function openBook(server: string, name: BookName, clients: number): Promise<Book> {
  const url = await freshDatabase(server, `bench_ledger_${name}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-ledger-'));
  const { databaseUrl } = await prepareDatabase({ databaseUrl: url, dataDir, ownServer: true });
  const owner = new Client({ connectionString: url });
  await owner.connect();
  await owner.query(readFileSync(new URL('bare.sql', import.meta.url), 'utf8'));
  await owner.query(PARTIES_SQL);
  if (name === 'ledger') await owner.query(WITHOUT_AGREEMENT);
  const pool = new Pool({ connectionString: databaseUrl, max: clients, min: clients, idleTimeoutMillis: 0 });
  return {
    owner,
    pool,
    async close() {
      await pool.end();
      await owner.end();
      rmSync(dataDir, { recursive: true });
    },
  };
}

async function freshDatabase(server: string, name: string): Promise<string> {
  const admin = new Client({ connectionString: server });
  await admin.connect();
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

const EACH = `generate_series(0, ${PARTIES - 1}) n`;
const PARTIES_SQL = `
  insert into accounts (id, kind, currency) select 'buyer-' || n, 'buyer', 'EUR' from ${EACH};
  insert into accounts (id, kind, currency) select 'seller-' || n, 'seller', 'EUR' from ${EACH};
  insert into sellers (id, name) select 'seller-' || n, 'seller' from ${EACH};
  insert into distributors (id, name, terms) values ('distributor-1', 'distributor', '{}');
  insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency)
    select 'fund-' || n, 'deposit', 'office:world:EUR', 'buyer-' || n, 1000000000, 'EUR' from ${EACH};
  insert into bare_accounts (id, currency, balance) select 'buyer-' || n, 'EUR', 1000000000 from ${EACH};
  insert into bare_accounts (id, currency) select 'seller-' || n, 'EUR' from ${EACH};
  grant select, insert, update on bare_accounts, bare_transfers, bare_entries to countersign_app;
  grant usage on all sequences in schema public to countersign_app`;

const WITHOUT_AGREEMENT = `do $$
declare
  deferred record;
begin
  for deferred in select tgname, tgrelid::regclass as on_table from pg_trigger where tgdeferrable and tgname like '%agree%' loop
    execute format('alter table %s disable trigger %I', deferred.on_table, deferred.tgname);
  end loop;
end $$`;
