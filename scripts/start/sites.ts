import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, startOwnProcess } from '../../platform/embedded/own-process.ts';
import type { Part } from '../../platform/embedded/supervise.ts';
import { ownerOf, type DatabaseSettings } from '../../platform/logins/prepare-database.ts';
import { prepareSiteDatabase } from '../../platform/logins/site-database.ts';
import type { Settings } from '../../platform/settings.ts';
import { apiUrl } from './greeting.ts';
import { API_KEY, type Site } from './site-plan.ts';

/** The address of the site's own database, made where there is none. Throws `SettingsError` where the owner may make none. */
export function siteDatabase(site: Site, database: DatabaseSettings): Promise<string> {
  return prepareSiteDatabase(ownerOf(database), {
    name: site.name.replaceAll('-', '_'),
    file: join(site.folder, 'database.json'),
    ownServer: database.ownServer ?? false,
  });
}

/** Starts the site's process and waits until it says that it is ready. */
export function startSite(site: Site, databaseUrl: string, settings: Settings, signal: AbortSignal): Promise<Part> {
  return startOwnProcess({
    main: `sites/${site.name}/main.ts`,
    dataDir: settings.dataDir,
    env: siteEnvironment(site, databaseUrl, settings),
    logFile: join(settings.dataDir, 'logs', `${site.name}.log`),
    nodeOptions: permissions(site),
    untilReady: (child, gaveUp) => once(child, 'message', { signal: gaveUp }),
    signal,
  });
}

/**
 * What a site may read and write, by Node's own permissions: its program, the client and the packages, and its own folder. A fault in it
 * reaches neither the keys of the office nor the other site; it starts no other program.
 */
function permissions({ name, folder }: Site): string[] {
  const program = ['package.json', 'node_modules', 'client', `sites/${name}`].map((part) => join(PROJECT, part));
  const allow = (what: 'read' | 'write', paths: readonly string[]): string[] =>
    [...new Set(paths.flatMap((path) => [path, realpathSync(path)]))].map((path) => `--allow-fs-${what}=${path}`);
  return ['--permission', ...allow('read', [...program, folder]), ...allow('write', [folder])];
}

/** All that a site is given. Of our own environment only what every program needs: nothing of it is the office's secret. */
export function siteEnvironment(site: Site, databaseUrl: string, settings: Settings): NodeJS.ProcessEnv {
  return {
    ...ofEveryProgram(process.env),
    // Not the one of API and worker: whoever writes there decides what they run.
    NODE_COMPILE_CACHE: join(site.folder, 'cache'),
    LOG_LEVEL: settings.logLevel,
    SITE_HOST: '127.0.0.1',
    SITE_PORT: String(site.port),
    SITE_PARTY_ID: site.party,
    SITE_DATABASE_URL: databaseUrl,
    SITE_KEY_FILE: join(site.folder, 'key.jwk.json'),
    OFFICE_URL: apiUrl(settings),
    OFFICE_ISSUER: settings.checkIssuer,
    OFFICE_API_KEY_FILE: join(site.folder, API_KEY),
    ...(site.name === 'distributing-company' && { DEMO_DRIVE_SECONDS: String(settings.demoDriveSeconds) }),
  };
}

function ofEveryProgram(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'];
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}
