/* The door of the messages: what the office sends to the parties' own servers, and what these sign for. */

export { instructionFor, sendMessage, type MessageDeps, type OutgoingMessage, type Receipt } from './send.ts';
export { openMessage, readMessages, type OpenedMessage } from './reading.ts';
export { wasSent } from './on-record.ts';
export { evidenceSet, judgeEvidence, type EvidenceSet, type Finding } from './evidence.ts';
export type { Note } from './evidence-notes.ts';
export { alteredTexts } from './comparing.ts';
export { createSiteKeys, type SiteKeys } from './site-keys.ts';
export { TransmissionError } from './transmission-error.ts';
