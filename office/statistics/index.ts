/* The door of the statistics: figures over all orders and all money, for the office's own people. They only read. */

export { readFigures } from './figures.ts';
export { countAttention, countByStage, countWaiting, ordersByBucket } from './orders.ts';
export { dividedPeriod, MOST_DAYS } from './period.ts';
export { moneyByBucket } from './money.ts';
export { stageTimes } from './stages.ts';
export { readStanding, type Standing } from './standing.ts';
export { openTally, type Tally } from './tally.ts';
