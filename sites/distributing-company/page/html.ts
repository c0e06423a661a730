import { DateTime } from 'luxon';

/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Value = Html | string | number | null | undefined | readonly (Html | string)[];

/** HTML with values in it; every value is escaped, unless it is HTML itself. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(escaped)));
}

function escaped(value: Value): string {
  if (Array.isArray(value)) return value.map(escaped).join('');
  if (value instanceof Html) return value.text;
  return String(value ?? '').replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A time for people, by the company's clock, and for machines. */
export function time(at: Date | null | undefined, zone: string): Html {
  if (!at) return html``;
  const local = DateTime.fromJSDate(at, { zone }).setLocale('en').toFormat('ccc d LLL yyyy, HH:mm');
  return html`<time datetime="${at.toISOString()}">${local}</time>`;
}

/** A whole page. */
export function page(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} - distributing company</title>
        <style>
          body {
            font:
              1rem/1.5 system-ui,
              sans-serif;
            max-width: 60rem;
            margin: 0 auto;
            padding: 1rem;
          }
          table {
            border-collapse: collapse;
            width: 100%;
          }
          th,
          td {
            border-bottom: 1px solid #ccc;
            padding: 0.3rem 0.6rem;
            text-align: left;
            vertical-align: top;
          }
          code {
            overflow-wrap: anywhere;
          }
          form {
            display: inline;
          }
          button {
            font: inherit;
            padding: 0.2rem 0.8rem;
          }
        </style>
      </head>
      <body>
        <nav aria-label="Company"><a href="/">Plan of the day</a> · <a href="/jobs">Jobs</a></nav>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.text;
}
