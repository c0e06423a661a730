import { Counter, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { TokenFault, TokenRefusal } from './token-refusals.ts';

/** Notes a refused credential under the request's own log. */
export type NoteRefusal = (log: Pick<Logger, 'warn'>, refusal: TokenRefusal) => void;

const LINES_A_MINUTE = 20;
const MINUTE_MS = 60_000;

interface Window {
  readonly began: number;
  readonly lines: number;
}

/**
 * One line a refusal, so that an operator sees why; of each reason at most so many a minute, so that nobody can fill the log.
 * The next line then says how many were left out, and the metric counts them all.
 */
export function createRefusalLog(registry: Registry, now = () => Date.now()): NoteRefusal {
  const windows = new Map<TokenFault, Window>();
  const counter = new Counter({
    name: 'token_refusals_total',
    help: 'Credentials that were refused, by reason: docs/identities.md says what each means.',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  return (log, { reason, detail }) => {
    counter.inc({ reason });
    const known = windows.get(reason);
    const current = known && now() - known.began < MINUTE_MS ? known : { began: now(), lines: 0 };
    windows.set(reason, { ...current, lines: current.lines + 1 });
    if (current.lines >= LINES_A_MINUTE) return;
    const leftOut = current === known ? 0 : Math.max(0, (known?.lines ?? 0) - LINES_A_MINUTE);
    log.warn({ reason, detail, ...(leftOut > 0 && { leftOut }) }, 'token refused');
  };
}
