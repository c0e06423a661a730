import type { LoadedDataConverter } from '@temporalio/common';
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type proto from '@temporalio/proto';
import { shortMessageOf } from '../error-facts.ts';

/** A client of Temporal's: of everything, or of workflows. */
interface Reader {
  readonly options: { readonly loadedDataConverter: LoadedDataConverter };
}

type Failure = proto.temporal.api.failure.v1.IFailure | null | undefined;

/** The first line of what a failure in a history says, also where its message is encrypted; empty when it says nothing. Never throws. */
export async function failureLine(client: Reader, failure: Failure): Promise<string> {
  const [line = ''] = (await messageOf(client, failure)).split('\n');
  return line;
}

async function messageOf({ options }: Reader, failure: Failure): Promise<string> {
  const { message, encodedAttributes } = failure ?? {};
  if (!encodedAttributes) return message ?? '';
  try {
    const { loadedDataConverter } = options;
    const said = await decodeOptionalSinglePayload<{ message?: unknown }>(loadedDataConverter, encodedAttributes);
    return typeof said?.message === 'string' ? said.message : '';
  } catch (error) {
    return `${message}: ${shortMessageOf(error)}`;
  }
}
