import type { Client } from '@temporalio/client';
import { until } from '../../support/until.ts';

/** An order's card, as the Temporal UI shows it. */
export async function cardOf({ workflow }: Client, id: string): Promise<string> {
  const metadata = await workflow.getHandle(id).query('__temporal_workflow_metadata');
  return (metadata as { currentDetails: string }).currentDetails;
}

/** The card once it says so: the workflow knows what a step has done a moment after the order's row does. */
export function cardWhen(client: Client, id: string, wanted: RegExp): Promise<string> {
  return until(
    () => cardOf(client, id),
    (card) => wanted.test(card),
    { what: String(wanted) },
  );
}
