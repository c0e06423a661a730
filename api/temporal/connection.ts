import type { Connection, ConnectionOptions } from '@temporalio/client';
import { lazyConnection } from '../../platform/temporal-connection.ts';

/** About a second of trying: then the caller gets 503 and repeats, which is safe, instead of waiting for an outage to end. */
const ATTEMPTS = 4;

/** The API's connection. It is made on first use, so that the API starts while Temporal is away. */
export function apiConnection(options: ConnectionOptions): Connection {
  return lazyConnection(options, ATTEMPTS);
}
