import { pino, type DestinationStream, type Logger } from 'pino';
import { currentIds } from './ids.ts';
import { traceId } from './spans.ts';

export type { Logger } from 'pino';

/** Paths whose values never reach a log: credentials, e-checks, sealed and personal data. */
const REDACTED = [
  'req.headers.authorization',
  'req.headers.cookie',
  '*.authorization',
  '*.deliverTo',
  '*.deliverToSealed',
  '*.receivedBy',
  '*.echeck',
  '*.jws',
  'err.query',
  'err.parameters',
  'err.detail',
];

/**
 * A logger that writes one JSON object a line, with the ids of the work that is under way and without personal data. `level`
 * as in pino: `silent`, `error`, `info`, …
 */
export function createLogger(options: { name: string; level?: string; destination?: DestinationStream }): Logger {
  const settings = {
    name: options.name,
    level: options.level ?? 'info',
    redact: { paths: REDACTED, remove: true },
    mixin: () => ({ ...currentIds(), traceId: traceId() }),
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
