import { imaginedOrdersInRealTime, type ImaginedOrders } from './support/imagined-orders.ts';

/* An operator stands in for the judgement of the credit: who acts for the buyer stays as its account says. */

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

test.each([
  ['manual', 'check_issued'],
  ['auto', 'scheduled'],
] as const)('a buyer whose agent is %s stays so: the order waits at %s', async (buyerAgent, stage) => {
  const order = await imagined.order({
    steps: ({ issueCheck }) => ({
      judgeCredit: () => Promise.reject(new Error('the account cannot be read')),
      issueCheck: async (demand) => {
        const issued = await issueCheck(demand);
        return issued.kind === 'issued' ? { ...issued, buyerAgent } : issued;
      },
    }),
  });
  await order.until(({ attention }) => attention?.step === 'judgeCredit');
  const override = { action: 'override_credit', reason: 'known for years', actor: 'operator-olga' };
  await order.handle.executeUpdate<unknown, [unknown]>('intervene', { args: [override] });
  await order.until((state) => state.stage === stage && state.waitingOn !== null);
  await order.handle.executeUpdate<unknown, [unknown]>('cancel', { args: [{ reason: 'seen enough' }] });
  await order.end();
});
