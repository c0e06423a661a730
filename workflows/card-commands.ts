import type { Story } from './story.ts';

/** What an operator can type about an order as it stands, ready to be pasted into a shell. */
export function whatToType(story: Story): string[] {
  return [...forTrouble(story), ...forDelivery(story)];
}

function forTrouble(story: Story): string[] {
  const [trouble] = story.attention.values();
  if (!trouble) return [];
  const parked = trouble.reason.startsWith('Parked:');
  return [
    '',
    parked
      ? 'It is not tried by itself any more. Mend the cause, then decide:'
      : 'Mend the cause: it is tried again by itself. To try again at once:',
    ...shell(intervene(story, 'retry')),
    ...(trouble.step === 'judgeCredit'
      ? ['To stand in for the judgement of the credit:', ...shell(intervene(story, 'override_credit'))]
      : []),
    ...(story.reversible ? ['To end the order and undo all that was done:', ...shell(intervene(story, 'abort'))] : []),
  ];
}

function forDelivery({ input, stage }: Story): string[] {
  if (stage !== 'scheduled' && stage !== 'in_distribution') return [];
  const confirmation = '"{\\"eventId\\":\\"by-hand\\",\\"deliveredAt\\":\\"$(date -u +%FT%TZ)\\"}"';
  const signal = `temporal workflow signal --workflow-id ${input.orderId} --name deliveryConfirmed --input ${confirmation}`;
  return ['', 'To confirm the delivery by hand:', ...shell(signal)];
}

function intervene({ input }: Story, action: string): string {
  const message = `'{"action":"${action}","reason":"…","actor":"<your party id>"}'`;
  return `temporal workflow update execute --workflow-id ${input.orderId} --name intervene --input ${message}`;
}

function shell(command: string): string[] {
  return ['```sh', command, '```'];
}
