import { createServer } from 'node:http';
import { pino, type Logger } from 'pino';
import { addressOf, ended, listening } from '../../client/site-process.ts';
import { loadSiteKey } from '../../client/site.ts';
import { createApp } from './app.ts';
import { offerCatalogue, readCatalogue, stockUp } from './catalogue.ts';
import { openDatabase } from './database.ts';
import { DEMO_GOODS } from './demo-goods.ts';
import type { Deps } from './deps.ts';
import { createOfficeApi } from './office.ts';
import { startOutbox } from './outbox/outbox.ts';
import { errandRuns } from './outbox/runs.ts';
import type { Settings } from './settings.ts';

export interface SellingOffice {
  readonly url: string;
  readonly deps: Deps;
  /** Answers what it has begun to, and ends. */
  close(): Promise<void>;
}

/** What tests set. */
export interface Options {
  readonly logger?: Logger;
  readonly clock?: () => Date;
  readonly pauseMs?: number;
}

/** Starts the shop: its database, its key, what was left to say to the office, and its server. */
export async function startSellingOffice(settings: Settings, options: Options = {}): Promise<SellingOffice> {
  const { party, officeUrl, officeIssuer, decide, logLevel: level } = settings;
  const { logger = siteLogger(level), clock = () => new Date(), pauseMs } = options;
  const key = await loadSiteKey(settings.keyFile);
  const orm = await openDatabase(settings.databaseUrl);
  const office = { issuer: officeIssuer, jwksUrl: `${officeUrl}/.well-known/jwks.json` };
  const shop = { orm, party, key, office, api: createOfficeApi(settings), decide, clock, logger };
  const onFault = (error: unknown) => logger.error(error, 'outbox failed');
  const outbox = startOutbox({ orm, run: errandRuns(shop), clock, onFault, pauseMs });
  const deps: Deps = { ...shop, wake: () => outbox.wake() };
  try {
    if (settings.demoGoods && (await readCatalogue(orm.em.fork())).length === 0) await stockUp(deps, DEMO_GOODS);
    await offerCatalogue(deps);
    const server = await listening(createServer(createApp(deps)), settings);
    return {
      url: addressOf(server),
      deps,
      async close() {
        await ended(server);
        await outbox.close();
        await orm.close();
      },
    };
  } catch (error) {
    await outbox.close();
    await orm.close();
    throw error;
  }
}

/** With the time as the office's own logs have it. */
function siteLogger(level: string): Logger {
  return pino({ name: 'selling-office', level, timestamp: pino.stdTimeFunctions.isoTime });
}
