import { jest } from '@jest/globals';
import { CommanderError } from 'commander';
import { runCommand } from '../../../sites/distributing-company/cli.ts';
import { TrustedSeller } from '../../../sites/distributing-company/entities/trusted-seller.entity.ts';
import { companyUnderTest, type CompanyUnderTest } from '../../support/company.ts';

/* The commands of the company's people, on the database of a company that runs. */

let under: CompanyUnderTest;
beforeAll(async () => {
  under = await companyUnderTest();
  process.env['SITE_DATABASE_URL'] = under.settings.databaseUrl;
});
afterEach(() => {
  process.exitCode = 0;
  jest.restoreAllMocks();
});
afterAll(async () => {
  delete process.env['SITE_DATABASE_URL'];
  await under?.close();
});

/** What a command says. */
async function run(...args: string[]): Promise<string> {
  const lines: unknown[] = [];
  jest.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  await runCommand(args);
  return lines.join('\n');
}

test('the driver reports', async () => {
  const { orderId } = await under.instruct();
  expect(await run('jobs')).toContain(`${orderId}  planned`);
  expect(await run('driver', orderId, 'delivered', '--received-by', 'Ada Becker')).toBe('reported');
  expect(await run('jobs')).toContain(`${orderId}  delivered`);
  expect(process.exitCode).toBeFalsy();
  expect(await run('driver', orderId, 'picked_up')).toContain('does not fit');
  expect(process.exitCode).toBe(1);
});

test('what was received and signed for is shown as it is kept', async () => {
  const { orderId, jws, receipt } = await under.instruct();
  expect(JSON.parse(await run('messages', orderId))).toEqual([
    { id: `${orderId}:instruction`, verdict: 'scheduled', times: 1, message: jws, receipts: [receipt] },
  ]);
});

test('a date is fixed by hand', async () => {
  const { orderId } = await under.instruct({ country: 'US' });
  const date = await run('date', orderId, '--not-before', '2027-05-03T00:00:00Z');
  expect(Date.parse(date)).toBeGreaterThanOrEqual(Date.parse('2027-05-03T00:00:00Z'));
  expect(await run('date', 'unknown')).toContain('not here');
});

test('the calendar is changed, and the day planned by it', async () => {
  await run('calendar', 'hour', '7', '9', '4');
  await run('calendar', 'close', '2030-05-06');
  await run('calendar', 'close', '2030-05-07');
  await run('calendar', 'open', '2030-05-07');
  await run('calendar', 'rules', '--holiday-region', 'NW', '--home-hours', '12', '--countries', 'DE', 'NL');
  expect(JSON.parse(await run('calendar'))).toMatchObject({
    countries: ['DE', 'NL'],
    holidays: { country: 'DE', region: 'NW' },
    leadHours: { home: 12, abroad: 72 },
    closedDays: ['2030-05-06'],
  });
  expect(await run('day', '2030-05-05')).toContain(' 9:00  4 of 4 free');
  expect(await run('day', '2030-05-06')).toBe('2030-05-06: no deliveries');
  expect(await run('day')).not.toBe('');
});

test('a seller is trusted', async () => {
  await run('trust', 'seller-loom', 'https://loom.example/.well-known/jwks.json');
  const { jwksUrl } = await under.company.orm.em.fork().findOneOrFail(TrustedSeller, { id: 'seller-loom' });
  expect(jwksUrl).toBe('https://loom.example/.well-known/jwks.json');
});

test.each([
  [['driver', 'some', 'eaten']],
  [['calendar', 'close', 'tomorrow']],
  [['calendar', 'hour', '8', '9', '4']],
  [['calendar', 'hour', '7', '9', '61']],
  [['date', 'some', '--not-before', 'soon']],
  [['trust', 'seller-loom', 'file:///etc/passwd']],
  [['drive']],
])('%j is refused before anything is done', async (args) => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  await expect(run(...args)).rejects.toThrow(CommanderError);
});

test('without its database there is nothing to do', async () => {
  process.env['SITE_DATABASE_URL'] = '';
  await expect(run('jobs')).rejects.toThrow('SITE_DATABASE_URL');
  process.env['SITE_DATABASE_URL'] = under.settings.databaseUrl;
});
