import { Call } from '../../../sites/distributing-company/entities/call.entity.ts';
import { Job } from '../../../sites/distributing-company/entities/job.entity.ts';
import { Message } from '../../../sites/distributing-company/entities/message.entity.ts';
import { Receipt } from '../../../sites/distributing-company/entities/receipt.entity.ts';
import { forgetReceivers } from '../../../sites/distributing-company/jobs/forget.ts';
import { reportJob } from '../../../sites/distributing-company/jobs/report.ts';
import { companyUnderTest } from '../../support/company.ts';
import { until } from '../../support/until.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

test('30 days after the end nobody knows any more to whom it was delivered; what was signed for stays', async () => {
  const under = await companyUnderTest();
  try {
    const { orm } = under.company;
    const [ended, open] = [(await under.instruct()).orderId, (await under.instruct()).orderId];
    under.office.answers.set(`POST /v1/orders/${ended}/distribution-events`, () => ({ status: 202, body: {} }));
    await reportJob(orm.em, { orderId: ended, report: 'delivered', receivedBy: 'Ada Becker' }, new Date());
    await until(
      () => orm.em.fork().count(Call, { operation: 'report', answeredAt: null }),
      (unanswered) => unanswered === 0,
    );

    expect(await forgetReceivers(orm, new Date(Date.now() + 29 * DAY_MS))).toBe(0);
    expect(await forgetReceivers(orm, new Date(Date.now() + 31 * DAY_MS))).toBe(1);
    expect(await forgetReceivers(orm, new Date(Date.now() + 31 * DAY_MS))).toBe(0);

    const em = orm.em.fork();
    const rows = [
      await em.find(Job, { orderId: ended }),
      await em.find(Message, { orderId: ended }),
      await em.find(Call, { orderId: ended }),
    ];
    expect(JSON.stringify(rows)).not.toMatch(/Becker|Lindenweg|ey[JI]/);
    expect(await em.count(Receipt, { messageId: `${ended}:instruction` })).toBe(1);
    expect(await em.findOne(Job, { orderId: open })).toMatchObject({ deliverTo: { name: 'Ada Becker' } });
    expect(await (await fetch(`${under.company.url}/jobs/${ended}`)).text()).toContain('Forgotten.');
  } finally {
    await under.close();
  }
});
