import { isLoopback } from '../../api/http/loopback.ts';
import type { Settings } from '../../platform/settings.ts';
import type { StartedSite } from './site-plan.ts';

/** The address at which this machine reaches the API. */
export function apiUrl({ host, port }: Settings): string {
  if (['0.0.0.0', '::'].includes(host)) return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What `npm start` says when everything runs: the addresses, the desks first, and one command that places an order. */
export function greeting(settings: Settings, tookMs: number, sites: readonly StartedSite[] = []): string {
  const lines = [
    '',
    `Countersign is ready after ${(tookMs / 1000).toFixed(1)} s`,
    `  desks        ${apiUrl(settings)} (open it in a browser)`,
    `  API          ${apiUrl(settings)}/v1`,
    `  API docs     ${apiUrl(settings)}/docs`,
    `  Temporal     ${temporalLine(settings)}`,
    ...sites.map(siteLine),
    `  data, logs   ${settings.dataDir}`,
  ];
  const [issuer] = settings.tokenIssuers;
  if (issuer) lines.push(`  tokens       of ${issuer.issuer}`);
  else if (settings.embedded) lines.push('', ...firstOrder(settings, sites));
  return [...lines, '', 'Ctrl-C stops everything; the next start goes on where every order stood.'].join('\n');
}

/** The other parties' servers, in the width of the other lines. */
const WORDS = { 'selling-office': 'seller      ', 'distributing-company': 'distributor ' } as const;

function siteLine({ name, url, party, up }: StartedSite): string {
  return `  ${WORDS[name]} ${up ? url : 'not up yet, tried again'} (${party})`;
}

/** The demo parties' tokens are for callers on this machine: where the API listens to others alone, nobody gets any. */
function firstOrder(settings: Settings, sites: readonly StartedSite[]): string[] {
  const { hostname } = new URL(apiUrl(settings));
  if (hostname === 'localhost' || isLoopback(hostname.replaceAll(/[[\]]/g, '')))
    return [
      'Order two bags of flour:',
      '',
      orderCommand(apiUrl(settings)),
      ...(sites.length > 0 ? ['', 'One whole order over four servers, told step by step: npm run demo'] : []),
    ];
  return ['The tokens of the demo parties are given at a loopback address only: set HOST=127.0.0.1, or HOST=0.0.0.0.'];
}

function temporalLine({ temporalAddress, temporalPort, temporalUiPort }: Settings): string {
  if (temporalAddress !== undefined) return temporalAddress;
  return `http://127.0.0.1:${temporalUiPort} (web UI), 127.0.0.1:${temporalPort} (temporal CLI)`;
}

/** One line for a POSIX shell with curl and sed; each run of it places another order. */
function orderCommand(url: string): string {
  const token = `$(curl -s ${url}/dev/tokens | sed 's/.*"buyer-ada"[^}]*"token":"\\([^"]*\\)".*/\\1/')`;
  const body = JSON.stringify({
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines: [{ sku: 'flour-25kg', quantity: 2 }],
    deliverTo: { name: 'Ada', street: 'Hafenstrasse 1', city: 'Hamburg', postalCode: '20457', country: 'DE' },
  });
  const headers = [
    `-H "Authorization: Bearer ${token}"`,
    '-H "Idempotency-Key: $(date +%s)"',
    '-H "Content-Type: application/json"',
  ];
  return `curl -s ${url}/v1/orders ${headers.join(' ')} -d '${body}'`;
}
