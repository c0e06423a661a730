import { setCurrentDetails } from '@temporalio/workflow';
import { formatMoney, moneyFromJson } from '../../domain/money.ts';
import { isEnded } from '../../domain/stages.ts';
import { whatToType } from './card-commands.ts';
import type { Story } from './story.ts';

/**
 * The order's card in the Temporal UI, for somebody woken at night: what is wrong, what to do about it, then where the order
 * and its money stand. It is asked for by people through a query, so it costs the history nothing.
 */
export function showCard(story: Story): void {
  setCurrentDetails([...headline(story), ...whatToType(story), ...whereItStands(story)].join('\n'));
}

function headline(story: Story): string[] {
  const troubles = [...story.attention.values()].flatMap(({ step, reason, since, waitingOn }) => {
    const error = story.errors.get(step);
    return [
      `### Needs attention: ${step}`,
      `\`${reason}\` since ${since}, waiting on **${waitingOn}**.`,
      ...(error ? [`Last error: ${error}`] : []),
    ];
  });
  if (troubles.length > 0) return troubles;
  if (isEnded(story.stage)) return [`### ${story.stage}: nothing to do`];
  if (!story.waitingOn) return [`### ${story.stage}: at work`];
  return [`### ${story.stage}: waits for ${story.waitingOn}, since ${String(story.waitingSince)}`];
}

function whereItStands(story: Story): string[] {
  const { input, issued, stage, waitingOn, deliverAt } = story;
  return [
    '',
    '| | |',
    '|---|---|',
    `| Stage | ${stage} |`,
    `| Who must act | ${waitingOn ?? attentionOn(story) ?? 'nobody'} |`,
    `| Money | ${moneyLine(story)} |`,
    `| E-check | ${issued?.echeck.number ?? 'none'} |`,
    `| Delivery | ${deliverAt ? `due ${deliverAt}, by ${input.distributorId}` : 'not scheduled'} |`,
    `| Reports | ${[...story.reports.values()].map(({ kind }) => kind).join(', ') || 'none'} |`,
  ];
}

function attentionOn({ attention }: Story): string | undefined {
  return attention.values().next().value?.waitingOn;
}

function moneyLine({ input, issued, stage, paid, closed }: Story): string {
  if (!issued) return 'nothing held';
  const charge = formatMoney(moneyFromJson(issued.charge));
  if (stage === 'completed') return `${charge} paid to ${input.sellerId}`;
  if (closed) return `${charge} given back to ${input.buyerId}`;
  if (paid) return `${charge} paid to ${input.sellerId} at the notice`;
  return `${charge} held on the account of ${input.buyerId}, to be paid on ${input.settleOn}`;
}
