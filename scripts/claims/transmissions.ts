import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/*
 * What the tests of the claims have seen cross the network, handed from the tests' processes to the report: jest's own results
 * carry names and verdicts only.
 */

/** The variable that names the file; a run of the tests by itself has none, and hands over nothing. */
export const TRANSMISSIONS_FILE = 'CLAIMS_TRANSMISSIONS_FILE';

const transmission = z.strictObject({
  claim: z.int().min(1).max(23),
  /** The kind of a message, or a request to the office's API. */
  what: z.string(),
  from: z.string(),
  to: z.string(),
  /** Who has signed for it, and the verdict; or the office's event that has it on record, for what a party said to the office. */
  received: z.union([
    z.strictObject({ signedBy: z.string(), verdict: z.string() }),
    z.strictObject({ onRecord: z.string() }),
  ]),
});
export type Transmission = z.infer<typeof transmission>;

/** Hands transmissions to the report of this run, if there is one. */
export function reportTransmissions(transmissions: readonly Transmission[]): void {
  const file = process.env[TRANSMISSIONS_FILE];
  if (file === undefined) return;
  // One write, so that tests that run at once do not mix their lines.
  appendFileSync(file, transmissions.map((one) => `${JSON.stringify(one)}\n`).join(''));
}

/** Reads what the tests have handed over; nothing, where none did. Each is named once, however many tests saw it. */
export function readTransmissions(file: string): Transmission[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const distinct = new Set(lines.filter((line) => line !== ''));
  return [...distinct].map((line) => transmission.parse(JSON.parse(line)));
}

/** A table of them, by claim. */
export function tableOf(transmissions: readonly Transmission[]): string[] {
  const rows = transmissions
    .toSorted((one, other) => one.claim - other.claim)
    .map((sent) => [String(sent.claim).padStart(5), sent.what, sent.from, sent.to, receivedOf(sent)]);
  const table = [['claim', 'sent', 'by', 'to', 'received'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

function receivedOf({ received }: Transmission): string {
  return 'signedBy' in received
    ? `signed for by ${received.signedBy}: ${received.verdict}`
    : `on the office's record: ${received.onRecord}`;
}
