import { orderEvents, type OrderEvent } from './event-stream.ts';
import { green, red } from './screen.ts';
import type { Session } from './session.ts';
import { lineOf, waitingAfter } from './words.ts';

/**
 * Shows an order as it happens until it has ended, and answers its last stage. `act` is given each event right after it was shown,
 * for a buyer who does something about it.
 */
export async function followOrder(
  session: Session,
  orderId: string,
  act: (event: OrderEvent) => Promise<void> = async () => undefined,
): Promise<string> {
  const { screen } = session;
  const events = orderEvents(session, orderId);
  screen.waitFor('reading the order');
  for (;;) {
    const { done, value } = await events.next();
    if (done) {
      const good = value.stage === 'completed';
      screen.show('ended', (good ? green : red)(`The order has ended: ${value.stage}.`), {
        orderId,
        stage: value.stage,
      });
      return value.stage;
    }
    screen.show('event', lineOf(value), { orderId, event: value });
    await act(value);
    const waiting = waitingAfter(value);
    if (waiting !== undefined) screen.waitFor(waiting);
  }
}
