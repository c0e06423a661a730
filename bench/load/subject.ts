import type { Client } from '@temporalio/client';
import type { Measured } from '../testbed/processes.ts';

export type SubjectName = 'skeleton' | 'textbook' | 'service';

/** What is measured: something that takes a request, waits for one delivery confirmation and ends. */
export interface Subject {
  readonly name: SubjectName;
  /** Of the subject's namespace. */
  readonly client: Client;
  /** Its own processes; the servers are measured with them. */
  readonly processes: readonly Measured[];
  /** Asks for one order and returns the id of its workflow as soon as the check is there. */
  request(place: number): Promise<string>;
}
