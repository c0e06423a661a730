import { InterceptingCall, Metadata, status, type Interceptor } from '@grpc/grpc-js';
import {
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';

/* The only place where connections of Temporal's client are made: one that is made without `retriedCalls` can end its process. */

type Where = Omit<ConnectionOptions, 'interceptors'>;

/**
 * A connection that is made on first use and made again by itself. A call is tried `maxAttempts` times; absent: as often as the client
 * does by default.
 */
export function lazyConnection(where: Where, maxAttempts?: number): Connection {
  return Connection.lazy({ ...where, interceptors: retriedCalls(maxAttempts) });
}

/** Connects now. Throws when the server does not answer in time. */
export function openConnection(where: Where): Promise<Connection> {
  return Connection.connect({ ...where, interceptors: retriedCalls() });
}

/**
 * The client's own retries, made safe for a connection that closes. A caller whose deadline has passed leaves its retries
 * behind; the client makes them from a timer, and one that meets a closed connection would end the whole process with an
 * uncaught `Channel has been shut down`. Here such a call ends as cancelled instead, which is not retried.
 */
export function retriedCalls(maxAttempts?: number): Interceptor[] {
  const retry = makeGrpcRetryInterceptor(
    defaultGrpcRetryOptions({ ...(maxAttempts !== undefined && { maxAttempts }) }),
  );
  return [retry, endedWithItsConnection];
}

/** The channel refuses a call after its end by throwing, and in no other case. */
const endedWithItsConnection: Interceptor = (options, nextCall) => {
  try {
    return new InterceptingCall(nextCall(options));
  } catch (error) {
    return cancelledCall(error instanceof Error ? error.message : String(error));
  }
};

function cancelledCall(details: string): InterceptingCall {
  return new InterceptingCall(nowhere, {
    start(_metadata, listener) {
      listener.onReceiveMessage(null);
      listener.onReceiveStatus({ code: status.CANCELLED, details, metadata: new Metadata() });
    },
  });
}

/** Where the messages of a cancelled call go. */
const nowhere: ReturnType<Parameters<Interceptor>[1]> = {
  cancelWithStatus() {},
  getPeer: () => 'nowhere',
  start() {},
  sendMessageWithContext() {},
  sendMessage() {},
  startRead() {},
  halfClose() {},
  getAuthContext: () => null,
};
