import type { WantedPort } from '../../platform/embedded/ports.ts';
import type { Settings } from '../../platform/settings.ts';

/** The ports that this start will listen on: Temporal's only where we start it. */
export function wantedPorts(settings: Settings): WantedPort[] {
  const api = { port: settings.port, setting: 'PORT', host: settings.host };
  if (settings.temporalAddress !== undefined) return [api];
  return [
    api,
    { port: settings.temporalPort, setting: 'TEMPORAL_PORT', host: '127.0.0.1' },
    { port: settings.temporalUiPort, setting: 'TEMPORAL_UI_PORT', host: '127.0.0.1' },
  ];
}
