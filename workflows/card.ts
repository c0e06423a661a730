import { setCurrentDetails } from '@temporalio/workflow';
import { formatMoney, moneyFromJson } from '../domain/money.ts';
import type { Story } from './story.ts';

/**
 * The order's card in the Temporal UI: where it stands, who must act, its money, what is wrong and what to type. It is
 * asked for by people through a query, so it costs the history nothing.
 */
export function showCard(story: Story): void {
  setCurrentDetails([...whereItStands(story), ...whatIsWrong(story), ...whatToType(story)].join('\n'));
}

function whereItStands(story: Story): string[] {
  const { input, issued, stage, waitingOn, deliverAt } = story;
  const charge = issued ? formatMoney(moneyFromJson(issued.charge)) : 'not priced yet';
  return [
    `### ${stage}`,
    `${input.buyerId} orders from ${input.sellerId}, delivered by ${input.distributorId}`,
    '',
    `| | |`,
    `|---|---|`,
    `| Who must act | ${waitingOn ?? 'nobody: the service is at work'} |`,
    `| Charge | ${charge} (settles on ${input.settleOn}) |`,
    `| E-check | ${issued?.echeck.number ?? 'none yet'} |`,
    `| Delivery | ${deliverAt ?? 'not scheduled yet'} |`,
  ];
}

function whatIsWrong(story: Story): string[] {
  return [...story.attention.values()].map(
    ({ step, reason, since, waitingOn }) =>
      `\n**Needs attention**: \`${step}\` since ${since}, reason \`${reason}\`, waiting on ${waitingOn}.`,
  );
}

function whatToType(story: Story): string[] {
  const id = story.input.orderId;
  if (story.attention.size > 0) {
    return [
      '',
      'Mend the cause; it goes on by itself within a minute. To try again at once, or to end the order:',
      '```',
      `temporal workflow update execute --workflow-id ${id} --name intervene --input '{"action":"retry","reason":"…"}'`,
      `temporal workflow update execute --workflow-id ${id} --name intervene --input '{"action":"abort","reason":"…"}'`,
      '```',
    ];
  }
  if (story.stage !== 'scheduled' && story.stage !== 'in_distribution') return [];
  return [
    '',
    'To confirm the delivery by hand:',
    '```',
    `temporal workflow signal --workflow-id ${id} --name deliveryConfirmed --input '{"eventId":"by-hand","deliveredAt":"…"}'`,
    '```',
  ];
}
