import { Counter, type Registry } from 'prom-client';
import { reasonKind } from '../../domain/attention-reasons.ts';
import { ENDED_STAGES, OPEN_STAGES } from '../../domain/order.ts';
import { dividedPeriod, openTally, readStanding, stageTimes, type Standing } from '../../office/statistics/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import { shared } from '../../platform/order-health/shared.ts';
import type { ApiDeps } from '../deps.ts';
import { FIGURE_TIMEOUT_MS, registerGauge, type Figure } from '../http/gauge.ts';

type Asked = Pick<ApiDeps, 'reads' | 'gateway' | 'clock' | 'logger'>;

/** All figures of a scrape, and the scrapes of several servers, share one look. */
const LOOK_FOR_MS = 10_000;
/** What costs more, and changes more slowly. */
const LOOK_LONG_FOR_MS = 60_000;
const HOUR_MS = 60 * 60 * 1_000;

/**
 * How the business stands, for dashboards and alerts. Asked when scraped; while the database, or Temporal, does not answer, the
 * figures are left out, never a false 0. Labels name stages, steps, reasons and currencies, of which there are few, and nobody.
 */
export function registerBusinessMetrics(registry: Registry, deps: Asked): void {
  const { reads } = deps;
  const asked = <Answer>(forMs: number, ask: () => Promise<Answer>) =>
    shared(forMs, () => withinDeadline(ask(), FIGURE_TIMEOUT_MS));
  registerStanding(
    registry,
    asked(LOOK_FOR_MS, () => readStanding(reads.em.fork())),
  );
  registerTally(registry, deps);
  registerStageTimes(registry, deps);
  registerReconciliation(registry, deps);
}

function registerStanding(registry: Registry, look: () => Promise<Standing>): void {
  const gauge = (name: string, help: string, labels: readonly string[], figures: (standing: Standing) => Figure[]) =>
    registerGauge(registry, { name, help, labels }, async () => figures(await look()));
  const one = (name: string, help: string, value: (standing: Standing) => number) =>
    gauge(name, help, [], (standing) => [{ value: value(standing) }]);
  const byStage = (name: string, help: string, value: (open: Standing['open'][number]) => number) =>
    gauge(name, help, ['stage'], ({ open }) =>
      OPEN_STAGES.map((stage) => {
        const found = open.find((row) => row.stage === stage);
        return { labels: { stage }, value: found ? value(found) : 0 };
      }),
    );
  byStage('countersign_orders_open', 'Orders that have not ended, by stage.', ({ orders }) => orders);
  byStage(
    'countersign_orders_oldest_seconds',
    'Age of the oldest order at each stage, since it was placed.',
    ({ oldestSeconds }) => oldestSeconds,
  );
  gauge(
    'countersign_attention_orders',
    'Orders whose row says that they need a person, by step and reason.',
    ['step', 'reason'],
    ({ attention }) =>
      summed(attention.map(({ step, reason, orders }) => ({ step, reason: reasonKind(reason), orders }))),
  );
  gauge('countersign_money_held_minor', 'What is held for checks, in minor units.', ['currency'], ({ held }) =>
    held.map(({ currency, minor }) => ({ labels: { currency }, value: minor })),
  );
  gauge(
    'countersign_money_held_overdue_minor',
    'What is still held for checks that have run out, in minor units.',
    ['currency'],
    ({ held }) => held.map(({ currency, overdueMinor }) => ({ labels: { currency }, value: overdueMinor })),
  );
  one('countersign_checks_overdue', 'Checks that have run out and hold money still.', ({ checks }) => checks.overdue);
  one(
    'countersign_checks_expiring',
    'Checks that are not accepted and run out within a day.',
    ({ checks }) => checks.expiringWithinDay,
  );
  one(
    'countersign_messages_waiting',
    "Messages to parties' own servers that are being sent and have no receipt yet.",
    ({ messages }) => messages.waiting,
  );
  one('countersign_messages_oldest_seconds', 'Age of the oldest of them.', ({ messages }) => messages.oldestSeconds);
  one(
    'countersign_api_keys_expiring',
    'API keys that are good now and run out within two weeks.',
    ({ keys }) => keys.apiKeysExpiring,
  );
  one(
    'countersign_signing_key_age_seconds',
    'Age of the youngest key that signs checks; NaN: there is none.',
    ({ keys }) => keys.signingKeyAgeSeconds ?? Number.NaN,
  );
}

/** Two reasons of one kind are one figure. */
function summed(rows: readonly { step: string; reason: string; orders: number }[]): Figure[] {
  const sums = new Map<string, Figure>();
  for (const { step, reason, orders } of rows) {
    const key = `${step} ${reason}`;
    sums.set(key, { labels: { step, reason }, value: (sums.get(key)?.value ?? 0) + orders });
  }
  return [...sums.values()];
}

/** Each API counts all orders: of several, one is looked at. */
function registerTally(registry: Registry, { reads, clock, logger }: Asked): void {
  const count = openTally(clock);
  const look = shared(LOOK_FOR_MS, () => withinDeadline(count(reads.em.fork()), FIGURE_TIMEOUT_MS));
  const counter = (name: string, help: string, labels: readonly string[], add: (to: Counter) => Promise<void>) =>
    new Counter({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      async collect() {
        // A count that cannot be had stands still, and catches up.
        await add(this).catch((error: unknown) => logger.debug({ err: error }, 'orders cannot be counted just now'));
      },
    });
  let begunBefore = 0;
  counter('countersign_orders_begun_total', 'Orders that were placed, a minute late.', [], async (total) => {
    const { begun } = await look();
    total.inc(begun - begunBefore);
    begunBefore = begun;
  });
  let endedBefore: Readonly<Record<string, number>> = {};
  counter(
    'countersign_orders_ended_total',
    'Orders that ended, by ending, a minute late.',
    ['ending'],
    async (total) => {
      const { ended } = await look();
      for (const ending of ENDED_STAGES) total.inc({ ending }, (ended[ending] ?? 0) - (endedBefore[ending] ?? 0));
      endedBefore = ended;
    },
  );
}

function registerStageTimes(registry: Registry, { reads, clock }: Asked): void {
  const look = shared(LOOK_LONG_FOR_MS, () => {
    const now = clock();
    const lastHour = dividedPeriod(new Date(now.getTime() - HOUR_MS), now);
    return withinDeadline(stageTimes(reads.em.fork(), lastHour), FIGURE_TIMEOUT_MS);
  });
  registerGauge(
    registry,
    {
      name: 'countersign_stage_seconds',
      help: 'How long orders were at a stage, of those that left it within the last hour, by quantile.',
      labels: ['stage', 'quantile'],
    },
    async () =>
      (await look()).flatMap(({ stage, p50Seconds, p95Seconds }) => [
        { labels: { stage, quantile: '0.5' }, value: p50Seconds },
        { labels: { stage, quantile: '0.95' }, value: p95Seconds },
      ]),
  );
}

function registerReconciliation(registry: Registry, { gateway }: Asked): void {
  const look = shared(LOOK_LONG_FOR_MS, () =>
    withinDeadline(gateway.reconciliations.lastCompleted(), FIGURE_TIMEOUT_MS),
  );
  const gauge = (name: string, help: string, value: (run: Awaited<ReturnType<typeof look>>) => number) =>
    registerGauge(registry, { name, help }, async () => [{ value: value(await look()) }]);
  gauge(
    'countersign_reconciliation_last_timestamp_seconds',
    'When the books were last compared to the end; 0: never, as far as Temporal remembers.',
    (run) => (run?.endedAt?.getTime() ?? 0) / 1_000,
  );
  gauge(
    'countersign_reconciliation_findings',
    'What did not agree then.',
    (run) => run?.result?.drift.length ?? Number.NaN,
  );
}
