import { readFileSync } from 'node:fs';
import type { MigrationObject } from '@mikro-orm/core';
import { Migration } from '@mikro-orm/migrations';

function fromSql(name: string): MigrationObject {
  const sql = readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8');
  return {
    name,
    class: class extends Migration {
      override up(): void {
        this.addSql(sql);
      }
    },
  };
}

/** Every migration, in order. They go forward only: a mistake is fixed by the next one. */
export const migrations: MigrationObject[] = [
  fromSql('0001-tables'),
  fromSql('0002-ledger-rules'),
  fromSql('0003-application-role'),
  fromSql('0004-check-rules'),
  fromSql('0005-agreement'),
  fromSql('0006-outbox'),
  fromSql('0007-webhooks'),
  fromSql('0008-agreement-when-it-matters'),
  fromSql('0009-orders-by-stage'),
  fromSql('0010-decisions'),
  fromSql('0011-outbox-order'),
  fromSql('0012-webhook-health'),
  fromSql('0013-attention-index'),
  fromSql('0014-closing-accounts'),
  fromSql('0015-views'),
  fromSql('0016-order-and-webhook-views'),
  fromSql('0017-need-to-know'),
  fromSql('0018-database-logins'),
  fromSql('0019-identities'),
  fromSql('0020-trade-rules'),
  fromSql('0021-payouts'),
  fromSql('0022-reserved-ids'),
  fromSql('0023-party-messages'),
  fromSql('0024-agents-of-orders'),
  fromSql('0025-ended-orders-of-sites'),
  fromSql('0026-statistics'),
  fromSql('0027-quick-figures'),
  fromSql('0028-archive'),
  fromSql('0029-waiting-messages'),
  fromSql('0030-rewrapped-keys'),
  fromSql('0031-still-orders'),
  fromSql('0032-archive-again'),
];
