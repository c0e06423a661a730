import { targetFault } from '../../platform/outgoing.ts';
import type { ApiDeps } from '../deps.ts';
import { invalidField, type Problem } from '../http/problem.ts';
import { wayIn } from '../webhooks/webhooks.ts';

/** Throws `invalid-request` for an address of a party's own server that the office would not call: they are judged as those of webhooks. */
export function requireGoodSite(deps: ApiDeps, site: { readonly url: string } | undefined): void {
  if (!site) return;
  const fault = targetFault(site.url, deps.allowPrivateTargets) ?? suffixFault(new URL(site.url));
  if (fault) throw invalidField('/site/url', fault, `The url of the site ${fault}${wayIn(site.url, deps)}.`);
}

function suffixFault({ search, hash }: URL): string | undefined {
  return search || hash ? 'must have neither query nor fragment: paths are added to it' : undefined;
}

/** The refusal of an agent `site` without a server. */
export function siteMissing(detail: string): Problem {
  return invalidField('/site', 'is required for the agent site', `${detail}.`);
}
