import { createCheckSigning, defaultStatusListUri, openKeyRing } from '../../office/checks/index.ts';
import { createSiteKeys } from '../../office/messages/index.ts';
import type { OrderId } from '../../domain/ids.ts';
import { parseSettings } from '../../platform/settings.ts';
import { privateSiteRule } from '../../platform/settings-sites.ts';
import { openReplaying, restoreAll, restoreOrders, type RestoreDeps, type Restored } from '../../restore/index.ts';
import { officeSettings } from '../office-settings.ts';
import { needBooks, needTemporal, type Connections } from './connections.ts';
import type { Acting } from './decide.ts';
import { sealerOf } from './sealer.ts';

/** A step is on record for so long, in milliseconds, before its workflow can be taken for one that will never know of it. */
const QUIET_MS = 10_000;

/** Restores every order whose record and workflow stand apart, and gives what became of each. */
export async function* restore(
  connections: Connections,
  from: Date,
  { actor, because, isDry }: Acting & { readonly isDry: boolean },
): AsyncGenerator<Restored> {
  yield* restoreAll(await depsOf(connections), from, { actor, reason: because, isDry });
}

/** The same of one order, also where its workflow was terminated or failed. */
export async function restoreOne(
  connections: Connections,
  orderId: OrderId,
  { actor, because }: Acting,
): Promise<Restored | undefined> {
  const restoring = { actor, reason: because, resumesEnded: true };
  for await (const restored of restoreOrders(await depsOf(connections), [orderId], restoring)) return restored;
  return undefined;
}

/** The same books and keys as the service, and the workflows' code to replay what they have done. */
async function depsOf(connections: Connections): Promise<RestoreDeps> {
  const orm = needBooks(connections);
  const { client } = needTemporal(connections);
  const settings = parseSettings(process.env);
  const { checkIssuer: issuer, publicUrl } = settings;
  const keyRing = await openKeyRing({ orm, source: officeSettings(process.env).keySource });
  const statusListUri = publicUrl
    ? new URL('/.well-known/echeck-status', publicUrl).href
    : defaultStatusListUri(issuer);
  return {
    client,
    orm,
    sealer: sealerOf(orm),
    signingAt: (now) => createCheckSigning({ orm, keyRing, issuer, statusListUri, now }),
    siteKeys: createSiteKeys(),
    privateSiteAllowed: privateSiteRule(settings),
    replaying: await openReplaying(),
    quietForMs: QUIET_MS,
  };
}

/** What became of an order, in one line. */
export function printRestored({ orderId, rebuilt, workflow, stage, forPerson }: Restored, isDry = false): string {
  const would = isDry ? 'would be ' : '';
  const parts = [
    ...(rebuilt.length > 0 ? [`${would}taken from its history: ${rebuilt.join(', ')}`] : []),
    ...(workflow === 'started' ? [`its workflow ${would || 'was '}started again from the record`] : []),
    ...(workflow === 'ended' ? [`its workflow, which stood behind, ${would || 'was '}ended`] : []),
    ...(forPerson === undefined ? [] : [`for a person: ${forPerson}`]),
  ];
  const where = stage === undefined ? 'not on record' : `${stage} on record`;
  return `${orderId}: ${[...(parts.length > 0 ? parts : ['record and workflow agree']), where].join('; ')}`;
}
