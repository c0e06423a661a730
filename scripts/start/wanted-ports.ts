import type { WantedPort } from '../../platform/embedded/ports.ts';
import type { Settings } from '../../platform/settings.ts';

/** The ports that this start will listen on: Temporal's only where we start it, those of sites where the settings name them. */
export function wantedPorts(settings: Settings): WantedPort[] {
  const wanted: WantedPort[] = [{ port: settings.port, setting: 'PORT', host: settings.host }];
  const add = (port: number | undefined, setting: string): void => {
    if (port !== undefined) wanted.push({ port, setting, host: '127.0.0.1' });
  };
  if (settings.temporalAddress === undefined) {
    add(settings.temporalPort, 'TEMPORAL_PORT');
    add(settings.temporalUiPort, 'TEMPORAL_UI_PORT');
  }
  if (settings.embedded && settings.sites) {
    add(settings.sellingOfficePort, 'SELLING_OFFICE_PORT');
    add(settings.distributingCompanyPort, 'DISTRIBUTING_COMPANY_PORT');
  }
  return wanted;
}
