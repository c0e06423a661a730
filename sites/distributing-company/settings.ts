import { z } from 'zod';
import { parseSiteSettings, type SiteSettings } from '../../client/site-settings.ts';

export type { ApiKeySource } from '../../client/site-settings.ts';

export interface Settings extends SiteSettings {
  /** Within so many seconds the demo driver delivers; 0: it is off. */
  readonly demoDriveSeconds: number;
}

const own = z.object({ DEMO_DRIVE_SECONDS: z.coerce.number().min(0).max(86_400).default(0) });

/** Reads the settings from the environment. Throws an error that names each setting that is wrong. */
export function parseSettings(env: NodeJS.ProcessEnv): Settings {
  const { site, own: companys } = parseSiteSettings(env, { port: 4200, party: 'distributor-rail' }, own);
  return { ...site, demoDriveSeconds: companys.DEMO_DRIVE_SECONDS };
}
