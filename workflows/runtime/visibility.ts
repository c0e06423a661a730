import type { SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../../temporal.config.ts';
import type { OrderInput } from '../messages/definitions.ts';
import { showCard } from './card.ts';
import { note } from './notes.ts';
import { attentionOf, type RunningOrder } from './running-order.ts';

/** From its first moment an order can be found by who takes part, also while its first step is stuck. */
export function attributesAtStart({ sellerId, distributorId }: OrderInput): SearchAttributePair[] {
  return [
    { key: searchAttributes.stage, value: 'requested' },
    { key: searchAttributes.sellerId, value: sellerId },
    { key: searchAttributes.distributorId, value: distributorId },
  ];
}

/** Shows in the search attributes and on the card where the order stands. One history event, only when something changed. */
export function publish(order: RunningOrder): void {
  const { issued, deliverAt, stage } = order;
  showCard(order);
  const now = [stage, issued?.echeck.number, deliverAt].join();
  if (order.published === now) return;
  order.published = now;
  upsertSearchAttributes([
    { key: searchAttributes.stage, value: stage },
    ...(issued
      ? [
          { key: searchAttributes.checkNumber, value: issued.echeck.number },
          { key: searchAttributes.amountMinor, value: issued.charge.amount },
          { key: searchAttributes.amountCurrency, value: issued.charge.currency },
        ]
      : []),
    ...(deliverAt ? [{ key: searchAttributes.deliveryDue, value: new Date(deliverAt) }] : []),
  ]);
}

/**
 * Says that an order needs a person: at once in the search attributes and on the card, which need no database, then in the
 * order's row and timeline. Raising the same step again replaces what was said.
 */
export function raiseAttention(order: RunningOrder, step: string, reason: string, waitingOn: string): void {
  const attention = { step, reason, since: new Date().toISOString(), waitingOn };
  if (order.attention.get(step)?.reason === reason) return;
  order.attention.set(step, attention);
  publishAttention(order);
  note(order, { type: 'attention_raised', actor: 'service', body: { ...attention } });
}

/** Says that the step no longer needs anybody. Harmless when it never did. */
export function clearAttention(order: RunningOrder, step: string): void {
  order.errors.delete(step);
  if (!order.attention.delete(step)) return;
  publishAttention(order);
  note(order, { type: 'attention_cleared', actor: 'service', body: { step } });
}

/** Nobody is needed any more: the order has ended. */
export function clearAllAttention(order: RunningOrder): void {
  for (const step of order.attention.keys()) clearAttention(order, step);
}

function publishAttention(order: RunningOrder): void {
  const attention = attentionOf(order);
  upsertSearchAttributes([
    { key: searchAttributes.stage, value: order.stage },
    { key: searchAttributes.attentionStep, value: attention?.step ?? null },
    { key: searchAttributes.attentionReason, value: attention?.reason ?? null },
    { key: searchAttributes.attentionSince, value: attention ? new Date(attention.since) : null },
  ]);
  showCard(order);
}
