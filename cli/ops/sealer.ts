import { masterKeyReader } from '../../platform/key-files.ts';
import type { Orm } from '../../platform/orm.ts';
import { createSealer, type Sealer } from '../../platform/sealing.ts';
import { officeSettings } from '../office-settings.ts';

/** Opens what is sealed, with the service's master key. No command makes one: it would only hide that the right one is missing. */
export function sealerOf(orm: Orm): Sealer {
  return createSealer({
    orm,
    masterKey: masterKeyReader(officeSettings(process.env).masterKeySource, async () => false),
  });
}
