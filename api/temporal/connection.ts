import { Connection, type ConnectionOptions } from '@temporalio/client';
import { retriedCalls } from '../../platform/temporal-calls.ts';

/** About a second of trying: then the caller gets 503 and repeats, which is safe, instead of waiting for an outage to end. */
const ATTEMPTS = 4;

/** A connection that is made on first use and made again by itself, so that the API starts while Temporal is away. */
export function lazyConnection(options: ConnectionOptions): Connection {
  return Connection.lazy({ ...options, interceptors: retriedCalls(ATTEMPTS) });
}
