import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino, type Logger } from 'pino';
import { addressOf, ended, listening } from '../../client/site-process.ts';
import { createSite, loadSiteKey } from '../../client/site.ts';
import { createApp, faultOf } from './app.ts';
import { openDatabase, type Orm } from './database.ts';
import { driveDemo } from './jobs/demo-driver.ts';
import { forgetReceivers } from './jobs/forget.ts';
import { messageHandler } from './jobs/handle-message.ts';
import { receiptStore } from './jobs/receipts.ts';
import { createOfficeClient } from './office/client.ts';
import { makeDueCalls } from './office/outbox.ts';
import { registerAgain, registerTerms } from './office/registration.ts';
import { makeFirstCalendar } from './planning/first-calendar.ts';
import type { Settings } from './settings.ts';

export interface DistributingCompany {
  readonly url: string;
  readonly orm: Orm;
  /** Takes no more, ends what it has begun. What is left over goes on at the next start. */
  close(): Promise<void>;
}

/** What tests set. */
export interface Options {
  readonly logger?: Logger;
  readonly clock?: () => Date;
}

const HOUR_MS = 60 * 60 * 1000;

/** Starts the company: its database, its key, its server, and what it does by the clock. */
export async function startCompany(settings: Settings, options: Options = {}): Promise<DistributingCompany> {
  const { party, officeUrl, officeIssuer, decide, logLevel: level } = settings;
  const { logger = siteLogger(level), clock = () => new Date() } = options;
  const signingKey = await loadSiteKey(settings.keyFile);
  const orm = await openDatabase(settings.databaseUrl);
  try {
    await makeFirstCalendar(orm.em.fork());
    await registerAgain(orm);
    const office = { issuer: officeIssuer, jwksUrl: `${officeUrl}/.well-known/jwks.json` };
    const site = createSite({
      party,
      office,
      signingKey,
      handle: messageHandler({ orm, party, office, decide, clock }),
      receipts: receiptStore(orm, clock),
      onFault: (error) => logger.error(faultOf(error), 'message not handled'),
    });
    const server = await listening(createServer(createApp({ site, orm, clock, logger })), settings);
    const stopWork = startWork(settings, { orm, clock, logger });
    return {
      url: addressOf(server),
      orm,
      async close() {
        await Promise.all([stopWork(), ended(server)]);
        await orm.close();
      },
    };
  } catch (error) {
    await orm.close();
    throw error;
  }
}

interface WorkDeps {
  readonly orm: Orm;
  readonly clock: () => Date;
  readonly logger: Logger;
}

/** What the company does by the clock. Returns how to stop it: what has begun comes to its end. */
function startWork(settings: Settings, { orm, clock, logger }: WorkDeps): () => Promise<unknown> {
  const stop = new AbortController();
  const client = createOfficeClient(settings);
  const { demoDriveSeconds } = settings;
  const repeat = async (pauseMs: number, work: () => Promise<unknown>): Promise<void> => {
    while (!stop.signal.aborted) {
      // A database that is away comes back: the work is tried again.
      await work().catch((error: unknown) => logger.error(faultOf(error), 'work failed'));
      await sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const work = [
    repeat(500, () => makeDueCalls({ orm, client, clock })),
    repeat(5_000, () => registerTerms(orm, client)),
    repeat(HOUR_MS, () => forgetReceivers(orm, clock())),
  ];
  if (demoDriveSeconds > 0)
    work.push(repeat(demoStepMs(demoDriveSeconds), () => driveDemo(orm, demoDriveSeconds, clock())));
  return () => {
    stop.abort();
    return Promise.all(work);
  };
}

/** The demo driver looks often enough to be done in time. */
function demoStepMs(seconds: number): number {
  return Math.min(1000, Math.max(50, seconds * 50));
}

/** With the time as the office's own logs have it. */
function siteLogger(level: string): Logger {
  return pino({ name: 'distributing-company', level, timestamp: pino.stdTimeFunctions.isoTime });
}
