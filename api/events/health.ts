import type { HubHealth } from './hub.ts';

/** A process that could not look at the outbox for so long tells its streams nothing: another one should be asked. */
const SILENT_MS = 30_000;

/**
 * Says how the reading of events goes. Throws when the outbox has not been read for long. An event that waits for an open
 * transaction is told and no reason to be taken out of service: every other process waits for it, too.
 */
export function judgeEvents({ lastReadAt, waitingSince, backlog }: HubHealth, now: Date): string {
  if (lastReadAt === undefined) return 'not read yet';
  const silentMs = now.getTime() - lastReadAt.getTime();
  if (silentMs > SILENT_MS) throw new Error(`not read for ${secondsOf(silentMs)} seconds`);
  const waited = secondsOf(waitingSince ? now.getTime() - waitingSince.getTime() : 0);
  const waiting = waited > 0 ? `; events wait for an open transaction since ${waited} seconds` : '';
  return `read up to now; unread: streams ${backlog.streams}, webhooks ${backlog.webhooks}${waiting}`;
}

function secondsOf(durationMs: number): number {
  return Math.round(durationMs / 1000);
}
