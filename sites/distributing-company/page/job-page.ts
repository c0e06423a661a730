import type { Call } from '../entities/call.entity.ts';
import type { Job, Receiver } from '../entities/job.entity.ts';
import type { Message } from '../entities/message.entity.ts';
import type { Receipt } from '../entities/receipt.entity.ts';
import { reportsFor } from '../jobs/states.ts';
import { html, page, time, type Html } from './html.ts';

/** All that the company knows of an order. */
export interface JobFile {
  readonly job: Job;
  readonly messages: readonly Message[];
  readonly receipts: readonly Receipt[];
  readonly calls: readonly Call[];
  /** The company's clock. */
  readonly timeZone: string;
}

/** The jobs, newest first. */
export function jobsPage(jobs: readonly Job[], timeZone: string): string {
  const rows = jobs.map(
    (job) =>
      html`<tr>
        <th scope="row"><a href="/jobs/${job.orderId}">${job.orderId}</a></th>
        <td>${job.state}</td>
        <td>${time(job.deliverAt, timeZone)}</td>
        <td>${kilograms(job)}</td>
        <td>${job.country}</td>
      </tr>`,
  );
  return page(
    'Jobs',
    html`<table>
      <caption>
        The newest ${jobs.length} (${timeZone})
      </caption>
      <thead>
        <tr>
          <th scope="col">Order</th>
          <th scope="col">State</th>
          <th scope="col">Date</th>
          <th scope="col">Weight</th>
          <th scope="col">Country</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  );
}

/** A job: what to bring where, what the driver may report, and what was said to and by the check office. */
export function jobPage(file: JobFile): string {
  const { job, messages, calls, timeZone } = file;
  return page(
    `Job ${job.orderId}`,
    html`<p role="status">${job.state}${job.refusal ? `: ${job.refusal}` : ''}</p>
      <p>
        For ${job.sellerId}. Date: ${job.deliverAt ? time(job.deliverAt, timeZone) : 'none'}. Stage at the check office:
        ${job.officeStage ?? 'not known yet'}.
      </p>
      <h2>Load</h2>
      <ul>
        ${job.lines.map(({ sku, name, quantity }) => html`<li>${quantity} × ${name ?? sku}</li>`)}
      </ul>
      <p>${kilograms(job)}</p>
      <h2>Receiver</h2>
      ${job.deliverTo ? receiver(job.deliverTo) : html`<p>Forgotten.</p>`}
      <h2>Driver</h2>
      ${buttons(job)}
      <h2>Messages of the check office</h2>
      <ul>
        ${messages.map((message) => kept(message, file))}
      </ul>
      <h2>Calls to the check office</h2>
      <ul>
        ${calls.map(({ key, answer, tries }) => html`<li>${key}: ${answer ?? 'not yet'} (${tries === 1 ? 'one try' : `${tries} tries`})</li>`)}
      </ul>`,
  );
}

/** What came and what was signed for it, as it is kept. */
function kept({ id, jws, verdict, times, receivedAt }: Message, { receipts, timeZone }: JobFile): Html {
  const own = receipts.filter(({ messageId }) => messageId === id);
  const texts = [html`<p>Message: <code>${jws ?? 'forgotten'}</code></p>`];
  for (const receipt of own) texts.push(html`<p>Receipt: <code>${receipt.jws}</code></p>`);
  return html`<li>
    ${id}: ${verdict} (${time(receivedAt, timeZone)}, came ${times === 1 ? 'once' : `${times} times`})
    <details>
      <summary>As it is kept</summary>
      ${texts}
    </details>
  </li>`;
}

const RECEIVED_BY = html`<label>Received by <input name="receivedBy" maxlength="200" autocomplete="off" /></label> `;

function buttons({ orderId, state }: Job): Html {
  const reports = reportsFor(state).map(
    (report) =>
      html`<form method="post" action="/jobs/${orderId}/reports">
        ${report === 'delivered' ? RECEIVED_BY : ''}<button name="report" value="${report}">${label(report)}</button>
      </form> `,
  );
  const fixing =
    state === 'to_plan' || state === 'refused'
      ? html`<form method="post" action="/jobs/${orderId}/date"><button>Fix the next free date</button></form>`
      : html``;
  return html`${reports}${fixing}`;
}

function receiver({ name, company, street, street2, postalCode, city, region, country, phone, note }: Receiver): Html {
  const lines = [
    name,
    company,
    street,
    street2,
    [postalCode, city].filter(Boolean).join(' '),
    region,
    country,
    phone,
    note,
  ];
  return html`<address>${lines.filter(Boolean).map((line) => html`${line}<br />`)}</address>`;
}

function label(report: string): string {
  const words = report.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function kilograms({ weightGrams }: Job): string {
  return `${weightGrams / 1000} kg`;
}
