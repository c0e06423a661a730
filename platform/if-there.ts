import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';

/** gRPC status codes (https://grpc.io/docs/guides/status-codes/). */
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

/** What Temporal says of something that may not be there: that was deleted, or of which an older server knows nothing. Other failures are thrown. */
export async function ifThere<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (isGrpcServiceError(error) && (error.code === NOT_FOUND || error.code === UNIMPLEMENTED)) return undefined;
    throw error;
  }
}
