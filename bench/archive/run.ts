import type { PageCost } from '../growth/pages.ts';
import type { Quantiles } from '../report/statistics.ts';
import type { Size } from './sizes.ts';

/** The same database at one moment. */
export interface Moment {
  readonly reads: readonly PageCost[];
  readonly sizes: readonly Size[];
}

export interface ArchiveRun {
  readonly seeded: { readonly orders: number; readonly events: number; readonly seconds: number };
  readonly before: Moment;
  readonly moved: {
    readonly orders: number;
    readonly events: number;
    readonly entries: number;
    readonly seconds: number;
    /** Milliseconds of one batch. */
    readonly batch: Quantiles;
  };
  /** The same reads and writes while it was archived. */
  readonly during: readonly PageCost[];
  readonly after: Moment;
  /** With the live tables written anew, as a maintenance window would. */
  readonly rewritten: readonly Size[];
  /** Events a second that the reader for webhooks queues. */
  readonly readerPerSecond: number;
  /** Taking one month of events out, and dropping it. */
  readonly detached: { readonly table: string; readonly detachMs: number; readonly dropMs: number };
}
