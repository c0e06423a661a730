import type { Orm } from '../platform/orm.ts';
import type { OfficeSettings } from './office-settings.ts';

/**
 * Gives a command the office's books, and closes them after it. A database that does not answer is one line that names setting
 * and address. The database driver is loaded only here, on demand.
 */
export async function withOffice(use: (orm: Orm, settings: OfficeSettings) => Promise<void>): Promise<void> {
  const [{ connectOrm }, { asUnreachable }, { officeSettings }] = await Promise.all([
    import('../platform/orm.ts'),
    import('../office/reachability.ts'),
    import('./office-settings.ts'),
  ]);
  const settings = officeSettings(process.env);
  const orm = await connectOrm({ url: settings.databaseUrl, poolMax: 2, applicationName: 'countersign-cli' });
  try {
    await use(orm, settings);
  } catch (error) {
    throw asUnreachable(error, settings.databaseSetting, settings.databaseUrl);
  } finally {
    await orm.close();
  }
}
