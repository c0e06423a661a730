import type { SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { searchAttributes } from '../../temporal.config.ts';
import type { OrderInput, InterveneMessage } from '../messages/definitions.ts';
import { mayCancel } from './may-cancel.ts';
import { note } from './notes.ts';
import { attentionOf, settledOn, type RunningOrder } from './running-order.ts';
import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import { formatMoney, moneyFromJson } from '../../domain/money.ts';
import { isEnded } from '../../domain/order.ts';

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

/**
 * The order's card in the Temporal UI, for somebody woken at night: what is wrong, what to do about it, then where the order
 * and its money stand. It is asked for by people through a query, so it costs the history nothing.
 */
function showCard(order: RunningOrder): void {
  setCurrentDetails([...headline(order), ...whatToType(order), ...overview(order)].join('\n'));
}

function headline(order: RunningOrder): string[] {
  const troubles = [...order.attention.values()].flatMap(({ step, reason, since, waitingOn }) => {
    const error = order.errors.get(step);
    return [
      `### Needs attention: ${step}`,
      `\`${reason}\` since ${since}, waiting on **${waitingOn}**.`,
      ...(error ? [`Last error: ${error}`] : []),
    ];
  });
  if (troubles.length > 0) return troubles;
  if (isEnded(order.stage)) return [`### ${order.stage}: nothing to do`];
  if (!order.waitingOn) return [`### ${order.stage}: at work`];
  return [`### ${order.stage}: waits for ${order.waitingOn}, since ${String(order.waitingSince)}`];
}

function overview(order: RunningOrder): string[] {
  const { input, issued, stage, waitingOn, deliverAt } = order;
  return [
    '',
    '| | |',
    '|---|---|',
    `| Stage | ${stage} |`,
    `| Who must act | ${waitingOn ?? attentionOn(order) ?? 'nobody'} |`,
    `| Money | ${moneyLine(order)} |`,
    `| E-check | ${issued?.echeck.number ?? 'none'} |`,
    `| Delivery | ${deliverAt ? `due ${deliverAt}, by ${input.distributorId}` : 'not scheduled'} |`,
    `| Reports | ${[...order.inbox.reports.values()].map(({ kind }) => kind).join(', ') || 'none'} |`,
  ];
}

function attentionOn({ attention }: RunningOrder): string | undefined {
  return attention.values().next().value?.waitingOn;
}

function moneyLine(order: RunningOrder): string {
  const { input, issued, stage, paid, closed } = order;
  if (!issued) return 'nothing held';
  const charge = formatMoney(moneyFromJson(issued.charge));
  if (stage === 'completed') return `${charge} paid to ${input.sellerId}`;
  if (closed) return `${charge} given back to ${input.buyerId}`;
  if (paid) return `${charge} paid to ${input.sellerId} at the notice`;
  return `${charge} held on the account of ${input.buyerId}, to be paid on ${settledOn(order)}`;
}

/**
 * What an operator can type about an order as it stands, ready to be pasted into a shell: complete, with a reason of its own
 * for the record. It names no actor, so that the record says `temporal`; whoever wants a name there uses `npm run ops`.
 */
function whatToType(order: RunningOrder): string[] {
  const commands = [...forTrouble(order), ...forParty(order), ...forDelivery(order)];
  return commands.length === 0 ? [] : [...commands, ...WHERE];
}

const WHERE = [
  '',
  'Where Temporal is not at 127.0.0.1:7233, set `TEMPORAL_ADDRESS` before, or add `--address host:port`.',
];

function forTrouble(order: RunningOrder): string[] {
  const [trouble] = order.attention.values();
  if (!trouble) return [];
  const { step, reason } = trouble;
  const kind = reasonKind(reason);
  const { meaning, whatToDo } = ATTENTION_REASONS[kind];
  return [
    '',
    `${kind}: ${meaning}. What to do: ${whatToDo}.`,
    '',
    kind === 'Parked'
      ? 'It is not tried by itself any more. Remove the cause, then decide:'
      : 'Remove the cause: it is tried again by itself. To try again at once:',
    ...shell(intervene(order, 'retry', `tried again after ${reason}`)),
    ...(step === 'judgeCredit'
      ? [
          'To stand in for the judgement of the credit:',
          ...shell(intervene(order, 'override_credit', `judged by an operator after ${reason}`)),
        ]
      : []),
    ...(mayCancel(order)
      ? ['To end the order and undo all that was done:', ...shell(intervene(order, 'abort', `ended after ${reason}`))]
      : []),
  ];
}

/** What an operator may do where a party does not act. The buyer's own acts, presenting and paying, are the buyer's alone. */
function forParty(order: RunningOrder): string[] {
  const { stage, waitingOn, input, attention } = order;
  if (waitingOn === null || attention.size > 0 || stage === 'scheduled' || stage === 'in_distribution') return [];
  const commands = [
    ...(stage === 'presented' && waitingOn === input.sellerId
      ? [
          `To accept for ${input.sellerId}, when it has said so:`,
          ...shell(update(order, 'accept', { actor: 'temporal' })),
          `To refuse for ${input.sellerId}:`,
          ...shell(update(order, 'refuse', { reason: 'the seller does not decide', actor: 'temporal' })),
        ]
      : []),
    ...(mayCancel(order)
      ? [
          `To end the order because ${waitingOn} does not act:`,
          ...shell(intervene(order, 'abort', `ended because ${waitingOn} does not act`)),
        ]
      : []),
  ];
  return commands.length === 0 ? [] : ['', ...commands];
}

function forDelivery(order: RunningOrder): string[] {
  const { stage } = order;
  if (stage !== 'scheduled' && stage !== 'in_distribution') return [];
  const confirmation = '"{\\"eventId\\":\\"by-hand\\",\\"deliveredAt\\":\\"$(date -u +%FT%TZ)\\"}"';
  const signal = `temporal workflow signal ${whichOf(order)} --name deliveryConfirmed --input ${confirmation}`;
  return ['', 'To confirm the delivery by hand:', ...shell(signal)];
}

function intervene(order: RunningOrder, action: InterveneMessage['action'], reason: string): string {
  return update(order, 'intervene', { action, reason });
}

function update(order: RunningOrder, name: string, message: Readonly<Record<string, string>>): string {
  return `temporal workflow update execute ${whichOf(order)} --name ${name} --input ${quoted(JSON.stringify(message))}`;
}

function whichOf({ input }: RunningOrder): string {
  return `--namespace ${workflowInfo().namespace} --workflow-id ${input.orderId}`;
}

/** One word of a shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function shell(command: string): string[] {
  return ['```sh', command, '```'];
}
