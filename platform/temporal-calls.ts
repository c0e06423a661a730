import { InterceptingCall, Metadata, status, type Interceptor } from '@grpc/grpc-js';
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

/**
 * The `interceptors` of every connection to Temporal: the client's own retries (`maxAttempts` absent: as many as it makes by
 * default), made safe for a connection that closes. A caller whose deadline has passed leaves its retries behind; the client
 * makes them from a timer, and one that meets a closed connection would end the whole process with an uncaught
 * `Channel has been shut down`. Here such a call ends as cancelled instead, which is not retried.
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
