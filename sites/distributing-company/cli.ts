import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { requiredSetting } from '../../client/site-settings.ts';
import { rotateSiteKey } from '../../client/site.ts';
import { openDatabase, type Orm } from './database.ts';
import { Job } from './entities/job.entity.ts';
import { Message } from './entities/message.entity.ts';
import { Receipt } from './entities/receipt.entity.ts';
import { TrustedSeller } from './entities/trusted-seller.entity.ts';
import { fixDate } from './jobs/fix-date.ts';
import { reportJob } from './jobs/report.ts';
import { REPORTS, type Report } from './jobs/states.ts';
import { planOfDay } from './page/day.ts';
import { changeRules, closeDay, setHour, type Rules } from './planning/change-calendar.ts';
import { makeFirstCalendar } from './planning/first-calendar.ts';
import { readCalendar } from './planning/read-calendar.ts';
import { localDate } from './planning/service-days.ts';

/**
 * Runs one command on the company's own database; a company that runs takes up within a second what it finds there. Throws
 * `CommanderError`, and has said why, for a command that is none.
 */
export async function runCommand(args: readonly string[]): Promise<void> {
  const company = program();
  for (const command of [company, ...company.commands, ...company.commands.flatMap((group) => group.commands)])
    command.exitOverride();
  await company.parseAsync(args, { from: 'user' });
}

function program(): Command {
  const company = new Command('distributing-company').description('Without a command: the server.');
  company
    .command('day')
    .description('the plan of a day, hour by hour')
    .argument('[date]', 'ISO date; today unless given', isoDate)
    .action((date?: string) => withDatabase((orm) => showDay(orm, date)));
  company
    .command('jobs')
    .description('the newest jobs')
    .action(() => withDatabase(showJobs));
  company
    .command('messages')
    .description('the messages of an order and what was signed for them')
    .argument('<order>')
    .action((order: string) => withDatabase((orm) => showMessages(orm, order)));
  company
    .command('driver')
    .description('reports for the driver')
    .argument('<order>')
    .addArgument(company.createArgument('<report>').choices(REPORTS))
    .option('--received-by <name>', 'who took the goods', upTo(200))
    .option('--note <text>', 'nothing personal', upTo(500))
    .action((orderId: string, report: Report, more: { receivedBy?: string; note?: string }) =>
      withDatabase(async (orm) => said(await reportJob(orm.em, { orderId, report, ...more }, new Date()))),
    );
  company
    .command('date')
    .description('fixes the date of an order by hand: the first free place')
    .argument('<order>')
    .option('--not-before <time>', 'RFC 3339', instant)
    .action((orderId: string, { notBefore }: { notBefore?: Date }) =>
      withDatabase(async (orm) => said(await fixDate(orm.em, { orderId, notBefore }, new Date()))),
    );
  company
    .command('rotate-key')
    .description('from now on it signs with a new key, also where it runs already')
    .action(() => rotateSiteKey(requiredSetting('SITE_KEY_FILE')));
  return company.addCommand(calendarCommand()).addCommand(trustCommand());
}

function calendarCommand(): Command {
  const calendar = new Command('calendar').description('the calendar, and changes of it');
  calendar
    .command('show', { isDefault: true })
    .action(() => withDatabase(async (orm) => console.log(JSON.stringify(await readCalendar(orm.em.fork()), null, 2))));
  calendar
    .command('hour')
    .description('sets the capacity of an hour of the week; 0: no service')
    .argument('<weekday>', '1 is Monday', whole(1, 7))
    .argument('<hour>', 'local', whole(0, 23))
    .argument('<places>', 'deliveries in that hour', whole(0, 60))
    .action((weekday: number, hour: number, places: number) =>
      withDatabase((orm) => setHour(orm.em.fork(), { weekday, hour, places })),
    );
  calendar
    .command('close')
    .argument('<date>', 'ISO date', isoDate)
    .action((date: string) => withDatabase((orm) => closeDay(orm.em.fork(), date, true)));
  calendar
    .command('open')
    .argument('<date>', 'ISO date', isoDate)
    .action((date: string) => withDatabase((orm) => closeDay(orm.em.fork(), date, false)));
  calendar
    .command('rules')
    .option('--time-zone <name>')
    .option('--holiday-country <code>')
    .option('--holiday-region <code>')
    .option('--cut-off-hour <hour>', 'local', whole(0, 24))
    .option('--home-hours <hours>', 'from leaving to the door', whole(0, 10_000))
    .option('--abroad-hours <hours>', 'from leaving to the door', whole(0, 10_000))
    .option('--collect-hours <hours>', 'until goods are ready, where nothing is said', whole(0, 10_000))
    .option('--grams-per-place <grams>', 'what one place carries', whole(1, 10_000_000))
    .addOption(new Option('--countries <codes...>', 'the first is its home'))
    .action((rules: Rules) => withDatabase((orm) => changeRules(orm.em.fork(), rules)));
  return calendar;
}

function trustCommand(): Command {
  return new Command('trust')
    .description("reads a seller's keys from its own address, to verify its instructions oneself")
    .argument('<seller>')
    .argument('<jwks-url>', 'https://…/.well-known/jwks.json', webAddress)
    .action((id: string, jwksUrl: string) =>
      withDatabase((orm) => orm.em.fork().upsert(TrustedSeller, { id, jwksUrl })),
    );
}

async function withDatabase(work: (orm: Orm) => Promise<unknown>): Promise<void> {
  const orm = await openDatabase(requiredSetting('SITE_DATABASE_URL'));
  try {
    await makeFirstCalendar(orm.em.fork());
    await work(orm);
  } finally {
    await orm.close();
  }
}

async function showDay(orm: Orm, asked?: string): Promise<void> {
  const em = orm.em.fork();
  const date = asked ?? localDate(new Date(), await readCalendar(em));
  const hours = await planOfDay(em, date);
  console.log(hours.length === 0 ? `${date}: no deliveries` : date);
  for (const { hour, places, free, stops } of hours) {
    const jobs = stops.map(({ orderId, deliverAt, state }) => `${deliverAt?.toISOString()} ${orderId} ${state}`);
    console.log([`${String(hour).padStart(2)}:00  ${free} of ${places} free`, ...jobs].join('\n       '));
  }
}

async function showJobs(orm: Orm): Promise<void> {
  const jobs = await orm.em.fork().find(Job, {}, { orderBy: { createdAt: 'desc' }, limit: 50 });
  for (const { orderId, state, deliverAt, officeStage } of jobs)
    console.log([orderId, state, deliverAt?.toISOString() ?? '-', officeStage ?? '-'].join('  '));
}

async function showMessages(orm: Orm, orderId: string): Promise<void> {
  const em = orm.em.fork();
  const messages = await em.find(Message, { orderId }, { orderBy: { receivedAt: 'asc' } });
  const receipts = await em.find(Receipt, { messageId: messages.map(({ id }) => id) });
  const kept = messages.map(({ id, verdict, times, jws }) => ({
    id,
    verdict,
    times,
    message: jws,
    receipts: receipts.filter(({ messageId }) => messageId === id).map((receipt) => receipt.jws),
  }));
  console.log(JSON.stringify(kept, null, 2));
}

function said(outcome: { readonly kind: string; readonly detail?: string; readonly deliverAt?: string }): void {
  console.log(outcome.detail ?? outcome.deliverAt ?? outcome.kind);
  if (outcome.kind === 'does_not_fit' || outcome.kind === 'no_capacity') process.exitCode = 1;
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => given(z.coerce.number().int().min(least).max(most), text, `a whole number, ${least} to ${most}`);
}

function upTo(most: number): (text: string) => string {
  return (text) => given(z.string().trim().min(1).max(most), text, `a text of at most ${most} characters`);
}

function isoDate(text: string): string {
  return given(z.iso.date(), text, 'an ISO date');
}

function instant(text: string): Date {
  return given(z.coerce.date(), text, 'an RFC 3339 time');
}

function webAddress(text: string): string {
  return given(z.url({ protocol: /^https?$/ }), text, 'a web address');
}

function given<T>(schema: z.ZodType<T>, text: string, what: string): T {
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It must be ${what}.`);
  return parsed.data;
}
