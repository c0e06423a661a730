import { isDecisive, type SituationReport } from '../../domain/delivery.ts';
import type { Ending } from '../../domain/ending.ts';

/** What was said to the order: written by the handlers of messages, used by the steps. */
export interface Inbox {
  presentation?: Presentation;
  acceptance?: { readonly actor: string };
  refusal?: { readonly actor: string; readonly reason: string };
  payment?: { readonly actor: string };
  schedule?: { readonly deliverAt: string; readonly actor: string };
  /** The distributor's reports by event id and kind, in the order of arrival: all that decide something, and the latest scans. */
  readonly reports: Map<string, SituationReport>;
  /** Those of them that no step has taken up yet. */
  newReports: SituationReport[];
  /** How often another try was asked for: by `intervene retry`, and by a change of the registry. */
  retries: number;
  creditOverride?: { readonly actor: string; readonly reason: string };
  /** How somebody wants the order to end early; the reversible scope is cancelled with it. */
  ending?: Ending;
  /** How many messages were passed over because nobody could read them. */
  ignored: number;
}

export interface Presentation {
  readonly echeck: string;
  readonly deliverToSealed: string;
  readonly presentedBy: string;
}

/** So many scans are remembered by their ids, the latest ones. What decides something is never forgotten. */
const MOST_SCANS = 200;

/**
 * Adds a report that is not known yet. The same event twice is one event. One id with two kinds, which only a plain signal
 * beside the API can bring about, is two: neither of them may be lost.
 */
export function addReport({ reports, newReports }: Inbox, report: SituationReport): void {
  const key = reportKey(report);
  if (reports.has(key)) return;
  reports.set(key, report);
  newReports.push(report);
  const scans = [...reports.values()].filter(({ kind }) => !isDecisive(kind));
  for (const scan of scans.slice(0, -MOST_SCANS)) reports.delete(reportKey(scan));
}

/** By what a report is known. */
export function reportKey({ eventId, kind }: SituationReport): string {
  return `${kind} ${eventId}`;
}
