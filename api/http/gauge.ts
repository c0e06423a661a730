import { Gauge, type Registry } from 'prom-client';
import { withinDeadline } from '../../platform/deadline.ts';

/** So long a figure is waited for: the page comes in time for whoever scrapes it (`scrape_timeout`, 10 seconds), whatever hangs. */
export const FIGURE_TIMEOUT_MS = 7_000;

/** A value of a gauge, with what tells it from the others of that name. */
export interface Figure {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Registers a gauge that is asked when it is scraped. What cannot be had in time is left out, never a false 0, and keeps no other figure. */
export function registerGauge(
  registry: Registry,
  { name, help, labels = [] }: { readonly name: string; readonly help: string; readonly labels?: readonly string[] },
  ask: () => Promise<readonly Figure[]>,
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    async collect() {
      const figures = await withinDeadline(ask(), FIGURE_TIMEOUT_MS).catch(() => []);
      forget();
      for (const figure of figures) gauge.set(figure.labels ?? {}, figure.value);
    },
  });
  // One without labels says 0 after a reset.
  const forget = (): void => {
    gauge.reset();
    if (labels.length === 0) gauge.remove();
  };
  forget();
}
