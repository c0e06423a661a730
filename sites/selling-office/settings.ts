import { z } from 'zod';
import { parseSiteSettings, type SiteSettings } from '../../client/site-settings.ts';

export type { ApiKeySource } from '../../client/site-settings.ts';

export interface Settings extends SiteSettings {
  /** Whether an empty catalogue is filled with demo goods. */
  readonly demoGoods: boolean;
}

const own = z.object({ DEMO_GOODS: z.enum(['on', 'off']).default('on') });

/** Reads the settings from the environment. Throws an error that names each setting that is wrong. */
export function parseSettings(env: NodeJS.ProcessEnv): Settings {
  const { site, own: shops } = parseSiteSettings(env, { port: 4100, party: 'seller-loom' }, own);
  return { ...site, demoGoods: shops.DEMO_GOODS === 'on' };
}
