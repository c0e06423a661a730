import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { isCurrency, type MoneyJson } from '../../domain/money.ts';
import { STAGES, type Stage } from '../../domain/stages.ts';
import type { Attention } from '../../domain/order.ts';
import { searchKeys } from '../../temporal.config.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages.ts';

/** An order that needs a person, as Temporal's visibility alone knows it. */
export interface AttentionItem {
  readonly id: string;
  readonly stage: Stage;
  readonly attention: Attention;
  readonly sellerId?: string;
  readonly distributorId?: string;
  readonly charge: MoneyJson | null;
}

export interface AttentionPage {
  readonly items: readonly AttentionItem[];
  readonly more: boolean;
}

const QUERY = `WorkflowType = '${ORDER_WORKFLOW}' and ExecutionStatus = 'Running' and AttentionStep is not null`;

/** Lists them in visibility's order. Visibility lags by up to seconds, and that is all it costs. */
export async function listAttention(client: Client, limit: number, offset: number): Promise<AttentionPage> {
  const items: AttentionItem[] = [];
  let seen = 0;
  for await (const execution of client.workflow.list({ query: QUERY, pageSize: offset + limit + 1 })) {
    if (seen++ < offset) continue;
    if (items.length === limit) return { items, more: true };
    items.push(itemOf(execution));
  }
  return { items, more: false };
}

function itemOf(execution: WorkflowExecutionInfo): AttentionItem {
  const attributes = execution.typedSearchAttributes;
  const stage = attributes.get(searchKeys.stage);
  const currency = attributes.get(searchKeys.amountCurrency);
  const amount = attributes.get(searchKeys.amountMinor);
  return {
    id: execution.workflowId,
    stage: STAGES.find((known) => known === stage) ?? 'requested',
    attention: {
      step: attributes.get(searchKeys.attentionStep) ?? 'unknown',
      reason: attributes.get(searchKeys.attentionReason) ?? 'unknown',
      since: (attributes.get(searchKeys.attentionSince) ?? execution.startTime).toISOString(),
      waitingOn: 'operator',
    },
    sellerId: attributes.get(searchKeys.sellerId),
    distributorId: attributes.get(searchKeys.distributorId),
    charge: amount !== undefined && currency && isCurrency(currency) ? { amount, currency } : null,
  };
}
