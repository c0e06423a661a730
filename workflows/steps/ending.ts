import { condition } from '@temporalio/workflow';
import type { Ending, Stage } from '../../domain/order.ts';
import { timeouts } from '../../temporal.config.ts';
import { hasDistributorsSite, hasSellersSite, type RunningOrder } from '../runtime/running-order.ts';
import { transmit } from '../runtime/transmit.ts';
import { untilNotesAreWritten } from '../runtime/waiting.ts';
import { recordLateReports } from './delivery.ts';

/**
 * Notifies the parties' own servers that the order has ended early, where they were sent anything of it. Its money is given back and its
 * ending on record: nobody waits for them but the workflow, which says of the ended order whom it waits for, and ends without them in
 * the end. Reports of the meantime go on record as they come.
 */
export async function notifySitesOfEnding(order: RunningOrder, ending: Ending): Promise<void> {
  const notices = noticesOf(order, ending);
  if (notices.length === 0) return;
  let isOver = false;
  const noticed = (async () => {
    await inOrder(order, notices);
    isOver = true;
  })();
  for (;;) {
    await condition(() => isOver || order.inbox.newReports.length > 0);
    if (isOver) break;
    await recordLateReports(order, 'durably');
  }
  await noticed;
  // Nor does the order end before its row says that nobody is waited for any more.
  await untilNotesAreWritten(order);
}

type Notice = () => Promise<unknown>;

function noticesOf(order: RunningOrder, ending: Ending): Notice[] {
  const { sellerId, distributorId, resumed } = order.input;
  // Who resumes an order that has ended knows only its end: the transmission itself finds who was sent anything.
  const mayHave = (stage: Stage) => resumed === true || order.reached.has(stage);
  const notice = { input: { ending }, boundMs: timeouts.endedNoticeMs };
  const notices: Notice[] = [];
  if (hasSellersSite(order) && mayHave('presented'))
    notices.push(() => transmit(order, 'notifySellerOfEnding', { to: sellerId, ...notice }));
  if (hasDistributorsSite(order) && mayHave('accepted'))
    notices.push(() => transmit(order, 'withdrawFromDistributor', { to: distributorId, ...notice }));
  return notices;
}

/** After whatever was on its way when the order ended: a server that got the notice of the end first would be left with the goods. */
async function inOrder({ lastAttempt }: RunningOrder, notices: readonly Notice[]): Promise<void> {
  await lastAttempt;
  await Promise.all(notices.map((notice) => notice()));
}
