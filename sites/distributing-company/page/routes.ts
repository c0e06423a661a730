import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Orm } from '../database.ts';
import { Call } from '../entities/call.entity.ts';
import { CompanyCalendar } from '../entities/calendar.entity.ts';
import { Job } from '../entities/job.entity.ts';
import { Message } from '../entities/message.entity.ts';
import { Receipt } from '../entities/receipt.entity.ts';
import { fixDate } from '../jobs/fix-date.ts';
import { reportJob } from '../jobs/report.ts';
import { REPORTS } from '../jobs/states.ts';
import { localDate } from '../planning/service-days.ts';
import { planOfDay } from './day.ts';
import { dayPage } from './day-page.ts';
import { html, page } from './html.ts';
import { jobPage, jobsPage } from './job-page.ts';
import { ownMachineOnly } from '../../../client/own-machine.ts';

const dayQuery = z.object({ date: z.iso.date().optional().catch(undefined) });
const jobParams = z.object({ orderId: z.string() });
const reportForm = z.object({
  report: z.enum(REPORTS),
  receivedBy: z
    .string()
    .trim()
    .max(200)
    .transform((name) => name || undefined)
    .optional(),
});

/** What the pages stand on. */
interface Desk {
  readonly orm: Orm;
  readonly clock: () => Date;
}

/** The company's own pages, for people at this machine. */
export function pageRoutes(desk: Desk): Router {
  const form = express.urlencoded({ extended: false, limit: '4kb' });
  return Router()
    .use(ownMachineOnly)
    .get('/', answering(desk, showDay))
    .get('/jobs', answering(desk, showJobs))
    .get('/jobs/:orderId', answering(desk, showJob))
    .post('/jobs/:orderId/reports', form, answering(desk, takeReport))
    .post('/jobs/:orderId/date', form, answering(desk, takeDate))
    .use((_request, response) => refuse(response, 404, 'There is no such page.'));
}

type Answer = (desk: Desk, request: Request, response: Response) => Promise<unknown>;

function answering(desk: Desk, answer: Answer): RequestHandler {
  return async (request, response) => {
    await answer(desk, request, response);
  };
}

async function showDay({ orm, clock }: Desk, { query }: Request, response: Response): Promise<void> {
  const em = orm.em.fork();
  const calendar = await em.findOneOrFail(CompanyCalendar, 1);
  const { date = localDate(clock(), calendar) } = dayQuery.parse(query);
  response.send(dayPage(date, await planOfDay(em, date), calendar));
}

async function showJobs({ orm }: Desk, _request: Request, response: Response): Promise<void> {
  const em = orm.em.fork();
  const { timeZone } = await em.findOneOrFail(CompanyCalendar, 1);
  response.send(jobsPage(await em.find(Job, {}, { orderBy: { createdAt: 'desc' }, limit: 100 }), timeZone));
}

async function showJob({ orm }: Desk, { params }: Request, response: Response): Promise<void> {
  const em = orm.em.fork();
  const { orderId } = jobParams.parse(params);
  const job = await em.findOne(Job, { orderId });
  if (!job) return refuse(response, 404, 'There is no such job.');
  const messages = await em.find(Message, { orderId }, { orderBy: { receivedAt: 'asc' } });
  const receipts = await em.find(Receipt, { messageId: messages.map(({ id }) => id) });
  const calls = await em.find(Call, { orderId }, { orderBy: { id: 'asc' } });
  const { timeZone } = await em.findOneOrFail(CompanyCalendar, 1);
  response.send(jobPage({ job, messages, receipts, calls, timeZone }));
}

async function takeReport({ orm, clock }: Desk, { params, body }: Request, response: Response): Promise<void> {
  const { orderId } = jobParams.parse(params);
  const said = reportForm.safeParse(body);
  if (!said.success) return refuse(response, 422, 'There is no such report.');
  const outcome = await reportJob(orm.em, { orderId, ...said.data }, clock());
  if (outcome.kind === 'does_not_fit') refuse(response, 409, outcome.detail);
  else backToJob(response, orderId);
}

async function takeDate({ orm, clock }: Desk, { params }: Request, response: Response): Promise<void> {
  const { orderId } = jobParams.parse(params);
  const outcome = await fixDate(orm.em, { orderId }, clock());
  if (outcome.kind === 'planned') backToJob(response, orderId);
  else refuse(response, 409, outcome.kind === 'no_capacity' ? 'No place is free.' : outcome.detail);
}

function backToJob(response: Response, orderId: string): void {
  response.redirect(303, `/jobs/${encodeURIComponent(orderId)}`);
}

function refuse(response: Response, status: number, detail: string): void {
  response.status(status).send(
    page(
      'That does not go',
      html`<p role="alert">${detail}</p>
        <p><a href="/jobs">All jobs</a></p>`,
    ),
  );
}
