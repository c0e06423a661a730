import type { Logger } from 'pino';
import type { Office, SiteKey } from '../../client/site.ts';
import type { Orm } from './database.ts';
import type { OfficeApi } from './office.ts';

/** What the shop works with. */
export interface Deps {
  readonly orm: Orm;
  readonly party: string;
  readonly key: SiteKey;
  /** The office as who signs checks and messages. */
  readonly office: Office;
  /** The office as who is asked. */
  readonly api: OfficeApi;
  readonly decide: 'auto' | 'by-hand';
  readonly clock: () => Date;
  readonly logger: Logger;
  /** There is something new to say to the office. */
  readonly wake: () => void;
}
