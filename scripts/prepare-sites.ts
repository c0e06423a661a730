import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { asUnreachable } from '../office/reachability.ts';
import { seedSites, type SiteRegistration } from '../office/seed-sites.ts';
import { makeSiteDatabase } from '../platform/logins/site-database.ts';
import { connectOrm } from '../platform/orm.ts';
import { SettingsError } from '../platform/settings.ts';

const url = z.url({
  protocol: /^https?$/,
  error: 'must be the http(s) address at which the office reaches that server',
});
const database = z.string().regex(/^postgres(ql)?:\/\/[^\s]+$/, 'must be postgres://user:password@host:port/database');
const file = z.string().transform((path, context) => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    context.addIssue({ code: 'custom', message: `(${path}) cannot be read` });
    return z.NEVER;
  }
});

const settingsSchema = z.object({
  DATABASE_URL: database,
  /** As somebody who may make logins and databases. */
  SITES_DATABASE_OWNER_URL: database,
  SELLING_OFFICE_URL: url,
  SELLING_OFFICE_DATABASE_URL: database,
  SELLING_OFFICE_API_KEY_FILE: file,
  DISTRIBUTING_COMPANY_URL: url,
  DISTRIBUTING_COMPANY_DATABASE_URL: database,
  DISTRIBUTING_COMPANY_API_KEY_FILE: file,
});

/**
 * The one-shot job of the profile `sites`: a database and a login for each of the two servers, both parties in the registry with
 * their addresses, and their API keys. Repeatable; ends with code 1 and one line when something is not there.
 */
async function main(): Promise<void> {
  const settings = readSettings();
  const owner = { url: settings.SITES_DATABASE_OWNER_URL, setting: 'SITES_DATABASE_OWNER_URL' };
  const databases = [settings.SELLING_OFFICE_DATABASE_URL, settings.DISTRIBUTING_COMPANY_DATABASE_URL];
  for (const address of databases)
    await makeSiteDatabase(owner, address).catch((error: unknown) => {
      throw asUnreachable(error, owner.setting, owner.url);
    });
  const orm = await connectOrm({ url: settings.DATABASE_URL, poolMax: 1 });
  try {
    await seedSites(orm, {
      sellingOffice: registration(settings.SELLING_OFFICE_URL, settings.SELLING_OFFICE_API_KEY_FILE),
      distributingCompany: registration(settings.DISTRIBUTING_COMPANY_URL, settings.DISTRIBUTING_COMPANY_API_KEY_FILE),
    });
  } catch (error) {
    throw asUnreachable(error, 'DATABASE_URL', settings.DATABASE_URL);
  } finally {
    await orm.close();
  }
  console.log('sites: databases, registrations and API keys are there');
}

function registration(address: string, apiKey: string): SiteRegistration {
  return { url: address, formerUrls: [], apiKey };
}

function readSettings(): z.output<typeof settingsSchema> {
  const parsed = settingsSchema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message, code }) => {
    const name = path.join('.');
    return code === 'invalid_type' ? `${name} is missing` : `${name} ${message}`;
  });
  throw new SettingsError(lines.join('\n'));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
