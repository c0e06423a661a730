import { PHASES, walkOrders } from '../support/walk.ts';

/** What each part ran at revision fe91a4c, counted the same way: before the code moved into rooms. */
const BEFORE = { demand: 63, promise: 51, delivery: 49, settlement: 26 };

test('an order passes fewer files than before', async () => {
  const walk = await walkOrders();
  // For `npm run walk`, which shows it.
  if (process.env['SHOW_WALK'] === 'true') console.log(JSON.stringify(walk, undefined, 1));
  for (const phase of PHASES) expect([phase, walk[phase].length <= BEFORE[phase]]).toEqual([phase, true]);
}, 120_000);
