import { DateTime } from 'luxon';
import type { CompanyCalendar } from '../entities/calendar.entity.ts';
import type { Job } from '../entities/job.entity.ts';
import type { PlannedHour } from './day.ts';
import { html, page, type Html } from './html.ts';

/** The plan of a day, hour by hour, and whether the check office has the calendar's terms. */
export function dayPage(date: string, hours: readonly PlannedHour[], calendar: CompanyCalendar): string {
  const day = DateTime.fromISO(date);
  const other = (days: number) => day.plus({ days }).toISODate() ?? date;
  const rows = hours.map((hour) => row(hour, calendar.timeZone));
  return page(
    `Plan of ${day.setLocale('en').toFormat('cccc, d LLLL yyyy')}`,
    html`<p>
        <a href="/?date=${other(-1)}" rel="prev">The day before</a> ·
        <a href="/?date=${other(1)}" rel="next">The day after</a>
      </p>
      ${registration(calendar)}
      ${
        hours.length === 0
          ? html`<p>No deliveries on this day.</p>`
          : html`<table>
              <caption>
                Deliveries by hour (${calendar.timeZone})
              </caption>
              <thead>
                <tr>
                  <th scope="col">Hour</th>
                  <th scope="col">Free places</th>
                  <th scope="col">Deliveries</th>
                </tr>
              </thead>
              <tbody>
                ${rows}
              </tbody>
            </table>`
      }`,
  );
}

function row({ hour, places, free, stops }: PlannedHour, timeZone: string): Html {
  return html`<tr>
    <th scope="row">${hour}:00</th>
    <td>${free} of ${places}</td>
    <td>
      ${stops.map((job) => html`${timeOf(job, timeZone)} <a href="/jobs/${job.orderId}">${job.orderId}</a> (${job.state})<br />`)}
    </td>
  </tr>`;
}

function timeOf({ deliverAt }: Job, zone: string): string {
  return deliverAt ? DateTime.fromJSDate(deliverAt, { zone }).toFormat('HH:mm') : '';
}

function registration({ version, registeredVersion, registrationFault }: CompanyCalendar): Html {
  if (registrationFault)
    return html`<p role="alert">The check office does not take the calendar's terms: ${registrationFault}</p>`;
  const isKnown = version === registeredVersion;
  return html`<p>
    ${isKnown ? "The check office has the calendar's terms." : "The calendar's terms are on their way to the check office."}
  </p>`;
}
