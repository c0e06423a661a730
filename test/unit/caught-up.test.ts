import { onceCaughtUp } from '../../api/orders/caught-up.ts';
import type { OrderId } from '../../domain/ids.ts';
import { isEnded, STAGES, type Stage } from '../../domain/order.ts';
import type { Answer } from '../../workflows/messages/definitions.ts';

const ID = 'order-a' as OrderId;
const refusedAt = (stage: Stage): Answer => ({ ok: false, problem: 'illegal-transition', detail: 'not now', stage });
const good: Answer = { ok: true, stage: 'completed' };
const isOnTheWay = (stage: Stage) => !isEnded(stage) || stage === 'completed';

/** How often a message is sent to an order that refuses it once, where its workflow is, and takes it then. */
async function sendingsTo(recorded: Stage, at: Stage): Promise<number> {
  let sent = 0;
  await onceCaughtUp({ id: ID, stage: recorded }, async () => {
    sent += 1;
    return sent === 1 ? refusedAt(at) : good;
  });
  return sent;
}

test('a message is sent again exactly where the workflow lies behind the record, for every pair of stages', async () => {
  const pairs = STAGES.flatMap((recorded) => STAGES.map((at) => ({ recorded, at })));
  const sent = await Promise.all(
    pairs.map(async ({ recorded, at }) => ({ recorded, at, sendings: await sendingsTo(recorded, at) })),
  );
  expect(sent).toEqual(
    pairs.map(({ recorded, at }) => {
      const isBehind = isOnTheWay(recorded) && isOnTheWay(at) && STAGES.indexOf(at) < STAGES.indexOf(recorded);
      return { recorded, at, sendings: isBehind ? 2 : 1 };
    }),
  );
});

test.each<[string, Answer | 'closed']>([
  ['a refusal that has nothing to do with a stage', { ok: false, problem: 'illegal-transition', detail: 'no' }],
  ['the refusal of a bad check', { ok: false, problem: 'echeck-invalid', reason: 'expired', detail: 'no' }],
  ['a workflow that is closed', 'closed'],
])('%s is the answer at once', async (_what, answer) => {
  let sent = 0;
  const send = async () => {
    sent += 1;
    return answer;
  };
  expect(await onceCaughtUp({ id: ID, stage: 'accepted' }, send)).toBe(answer);
  expect(sent).toBe(1);
});
