import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { realService, type RealService, type RealServiceOptions } from '../../support/real-service.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { launchChromium } from './chromium.ts';
import { collectFaults, type Faults } from './faults.ts';

/** One party before one screen: a browser context of its own, so that nothing is shared with anybody else's. */
export interface Screen {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly faults: Faults;
}

/** The whole service with its built desks, and a Chromium before it. */
export interface Desks {
  readonly service: RealService;
  /** An empty page of a new context. */
  screen(options?: BrowserContextOptions): Promise<Screen>;
  /** Signed in as a demo party by its button; the party's own desk is open. */
  signedIn(party: string, options?: BrowserContextOptions): Promise<Screen>;
  close(): Promise<void>;
}

export interface DesksOptions extends RealServiceOptions {
  /** What stands between Chromium and the service, whose address stays the one that people type. */
  readonly line?: (url: string) => Promise<string>;
}

/** Opens both. What the desks are is what `npm run web` has built. */
export async function openDesks(options: DesksOptions = {}): Promise<Desks> {
  // A loaded machine, too, has decided by then.
  const settings = (url: string) => ({ POST_WAIT_MS: '20000', ...options.settings?.(url) });
  const service = await realService({ ...options, settings });
  const { url: baseURL } = service;
  const line = await options.line?.(baseURL);
  const browser = await launchChromium(line === undefined ? {} : { [new URL(baseURL).host]: new URL(line).host });
  const screen = async (of: BrowserContextOptions = {}): Promise<Screen> => {
    const context = await browser.newContext({ baseURL, locale: 'en-GB', timezoneId: 'Europe/Berlin', ...of });
    context.setDefaultTimeout(PATIENCE_MS);
    const faults = await collectFaults(context);
    return { page: await context.newPage(), context, faults };
  };
  return {
    service,
    screen,
    async signedIn(party, of) {
      const one = await screen(of);
      await one.page.goto('/');
      await one.page.getByRole('button', { name: party, exact: true }).click();
      await one.page.waitForURL((url) => url.pathname !== '/');
      return one;
    },
    async close() {
      await browser.close();
      await service.close();
    },
  };
}
