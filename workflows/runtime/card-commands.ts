import { workflowInfo } from '@temporalio/workflow';
import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import type { InterveneMessage } from '../messages/definitions.ts';
import type { Story } from './story.ts';

/**
 * What an operator can type about an order as it stands, ready to be pasted into a shell: complete, with a reason of its own
 * for the record. It names no actor, so that the record says `temporal`; whoever wants a name there uses `npm run ops`.
 */
export function whatToType(story: Story): string[] {
  const commands = [...forTrouble(story), ...forParty(story), ...forDelivery(story)];
  return commands.length === 0 ? [] : [...commands, ...WHERE];
}

const WHERE = [
  '',
  'Where Temporal is not at 127.0.0.1:7233, set `TEMPORAL_ADDRESS` before, or add `--address host:port`.',
];

function forTrouble(story: Story): string[] {
  const [trouble] = story.attention.values();
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
    ...shell(intervene(story, 'retry', `tried again after ${reason}`)),
    ...(step === 'judgeCredit'
      ? [
          'To stand in for the judgement of the credit:',
          ...shell(intervene(story, 'override_credit', `judged by an operator after ${reason}`)),
        ]
      : []),
    ...(story.reversible
      ? ['To end the order and undo all that was done:', ...shell(intervene(story, 'abort', `ended after ${reason}`))]
      : []),
  ];
}

/** What an operator may do where a party does not act. The buyer's own acts, presenting and paying, are the buyer's alone. */
function forParty(story: Story): string[] {
  const { stage, waitingOn, input, attention } = story;
  if (waitingOn === null || attention.size > 0 || stage === 'scheduled' || stage === 'in_distribution') return [];
  return [
    '',
    ...(stage === 'presented' && waitingOn === input.sellerId
      ? [
          `To accept for ${input.sellerId}, when it has said so:`,
          ...shell(update(story, 'accept', { actor: 'temporal' })),
          `To refuse for ${input.sellerId}:`,
          ...shell(update(story, 'refuse', { reason: 'the seller does not decide', actor: 'temporal' })),
        ]
      : []),
    `To end the order because ${waitingOn} does not act:`,
    ...shell(intervene(story, 'abort', `ended because ${waitingOn} does not act`)),
  ];
}

function forDelivery(story: Story): string[] {
  const { stage } = story;
  if (stage !== 'scheduled' && stage !== 'in_distribution') return [];
  const confirmation = '"{\\"eventId\\":\\"by-hand\\",\\"deliveredAt\\":\\"$(date -u +%FT%TZ)\\"}"';
  const signal = `temporal workflow signal ${whichOf(story)} --name deliveryConfirmed --input ${confirmation}`;
  return ['', 'To confirm the delivery by hand:', ...shell(signal)];
}

function intervene(story: Story, action: InterveneMessage['action'], reason: string): string {
  return update(story, 'intervene', { action, reason });
}

function update(story: Story, name: string, message: Readonly<Record<string, string>>): string {
  return `temporal workflow update execute ${whichOf(story)} --name ${name} --input ${quoted(JSON.stringify(message))}`;
}

function whichOf({ input }: Story): string {
  return `--namespace ${workflowInfo().namespace} --workflow-id ${input.orderId}`;
}

/** One word of a shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function shell(command: string): string[] {
  return ['```sh', command, '```'];
}
