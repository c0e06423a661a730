import { Command, InvalidArgumentError } from 'commander';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../test/web/support/chromium.ts';

/*
 * How soon each desk shows what it has to show, and how much of it jumps meanwhile: largest contentful paint (LCP) and cumulative layout
 * shift (CLS), as browsers report them, medians of cold loads before a running service.
 */

const { url, loads } = new Command('bench:desks')
  .description('LCP and CLS of every desk, cold, before a service that runs')
  .option('--url <url>', 'the service', 'http://127.0.0.1:3000')
  .option('--loads <count>', 'cold loads of each', wholeNumber, 5)
  .parse()
  .opts<{ url: string; loads: number }>();

/** Each with the demo party whose desk it is. */
const DESKS = [
  ['/', undefined],
  ['/buyer', 'buyer-ada'],
  ['/seller', 'seller-mill'],
  ['/distributor', 'distributor-swift'],
  ['/office', 'operator-olga'],
] as const;

/** Paints and shifts that come later than this after the last request are of no load. */
const SETTLED_MS = 1_000;

const OBSERVE = `
  globalThis.seen = { lcpMs: 0, cls: 0 };
  new PerformanceObserver((list) => { for (const { startTime } of list.getEntries()) seen.lcpMs = startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => { for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) seen.cls += value; })
    .observe({ type: 'layout-shift', buffered: true });
`;

interface Load {
  readonly lcpMs: number;
  readonly cls: number;
}

const hasDemoParties = await fetch(`${url}/dev/tokens`).then(
  ({ ok }) => ok,
  () => false,
);
if (hasDemoParties) await measureAll();
else {
  console.error(`No service with demo parties answers at ${url}: start one (npm start), or name it with --url.`);
  process.exitCode = 1;
}

async function measureAll(): Promise<void> {
  const browser = await launchChromium();
  try {
    console.log('| desk | LCP, median (all) | CLS, median (all) |\n|---|---:|---:|');
    for (const [path, party] of DESKS) {
      const measured: Load[] = [];
      for (let load = 0; load < loads; load += 1) measured.push(await coldLoad(browser, path, party));
      console.log(rowOf(path, measured));
    }
  } finally {
    await browser.close();
  }
}

/** In a context of its own: nothing is cached. A tab that knows its demo party signs in by itself, as after a reload. */
async function coldLoad(from: Browser, path: string, party: string | undefined): Promise<Load> {
  const context = await from.newContext({ baseURL: url, viewport: { width: 1280, height: 860 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(OBSERVE);
    if (party !== undefined) await page.addInitScript(`sessionStorage.setItem('countersign.demo-party', '${party}')`);
    await page.goto(path);
    await settled(page);
    return await page.evaluate<Load>('globalThis.seen');
  } finally {
    await context.close();
  }
}

/** The stream of events stays open, so that the network is never idle: no skeleton is left, and a moment has passed. */
async function settled(page: Page): Promise<void> {
  await page.locator('h1').waitFor();
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(SETTLED_MS);
}

function rowOf(path: string, measured: readonly Load[]): string {
  const lcp = measured.map(({ lcpMs }) => Math.round(lcpMs)).toSorted((one, other) => one - other);
  const cls = measured.map((load) => Number(load.cls.toFixed(3))).toSorted((one, other) => one - other);
  return `| \`${path}\` | ${middle(lcp)} ms (${lcp.join(', ')}) | ${middle(cls)} (${cls.join(', ')}) |`;
}

function middle(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1.');
  return Number(text);
}
