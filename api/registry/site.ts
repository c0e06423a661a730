import { targetFault } from '../../platform/outgoing.ts';
import type { ApiDeps } from '../deps.ts';
import { invalidField, type Problem } from '../http/problem.ts';

/** Throws `invalid-request` for an address of a party's own server that the office would not call: they are judged as those of webhooks. */
export function requireGoodSite({ privateSiteAllowed }: ApiDeps, site: { readonly url: string } | undefined): void {
  if (!site) return;
  const { url } = site;
  if (!PLAIN_URL.test(url) && URL.canParse(url))
    throw unfit('must be written as it is: a scheme with ://, no blanks or backslashes');
  const fault = targetFault(url, privateSiteAllowed(url));
  if (fault !== undefined) throw unfit(fault, targetFault(url, true) === undefined ? WAY_IN : '');
  // Also one with nothing in it: what is added behind it would be part of it.
  if (/[?#]/.test(url)) throw unfit('must have neither query nor fragment: paths are added to it');
}

/** A parser takes more, and repairs it: people would read another address than the one that is called. */
const PLAIN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^\s\\\p{C}]+$/iu;

function unfit(fault: string, wayIn = ''): Problem {
  return invalidField('/site/url', fault, `The url of the site ${fault}${wayIn}.`);
}

/** How a server can be tried on one's own machine or network. */
const WAY_IN = '; an installation whose SITE_PRIVATE_TARGETS names it allows it';

/** The refusal of an agent `site` without a server. */
export function siteMissing(detail: string): Problem {
  return invalidField('/site', 'is required for the agent site', `${detail}.`);
}
