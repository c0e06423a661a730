import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { formatMoney, moneyFromJson } from '../domain/money.ts';
import type { CheckClaims } from '../domain/echeck.ts';
import { faultInWords } from './fault-in-words.ts';
import { evidenceCommand } from './verify-evidence.ts';
import { verifyOffline, type OfflineVerdict } from './verify-offline.ts';

interface VerifyOptions {
  readonly url: string;
  readonly jwks?: string;
  /** False with `--no-status`. */
  readonly status?: string | false;
  readonly issuer: string;
  readonly payee?: string;
  readonly json?: boolean;
}

const EXIT = { valid: 0, invalid: 1, undecided: 2 } as const;

/** `countersign verify <check>`: exit code 0 valid, 1 invalid, 2 wrong usage or nothing to judge by. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Verify an e-check offline: needs only the public keys and the signed status list.')
    .argument('<check>', 'the check: its compact JWS, a file that holds it, or - for standard input')
    .option('--url <base>', 'the check office, for keys and status list', defaultUrl())
    .option('--jwks <url|file>', 'the public keys (default: <base>/.well-known/jwks.json)')
    .option('--status <url|file>', 'the status list (default: as the check says, or at <base>)')
    .option('--no-status', 'do not look up stops, voids and refunds')
    .option('--issuer <name>', 'the issuer that you trust', process.env['CHECK_ISSUER'] ?? 'countersign')
    .option('--payee <seller id>', 'refuse a check that is made out to anybody else')
    .option('--json', 'print the verdict as JSON')
    .action(async (check: string, options: VerifyOptions) => {
      process.exitCode = await verify(check, options);
    })
    .addCommand(evidenceCommand());
}

async function verify(check: string, options: VerifyOptions): Promise<number> {
  try {
    const verdict = await judge(await readCheckText(check), options);
    console.log(options.json ? JSON.stringify(verdict, undefined, 2) : inWords(verdict));
    return verdict.valid ? EXIT.valid : EXIT.invalid;
  } catch (error) {
    const detail = faultInWords(error);
    if (options.json) console.log(JSON.stringify({ valid: null, detail }, undefined, 2));
    else console.error(`Cannot tell: ${detail}`);
    return EXIT.undecided;
  }
}

async function judge(jws: string, options: VerifyOptions): Promise<OfflineVerdict> {
  const { url, status, issuer, payee } = options;
  const jwks: unknown = parseJson(await fetchText(options.jwks ?? `${url}/.well-known/jwks.json`));
  const published = (uri: string): string => (isWebAddress(uri) ? uri : `${url}/.well-known/echeck-status`);
  const statusList = status === false ? undefined : (uri: string) => fetchText(status ?? published(uri));
  return verifyOffline(jws, { jwks, statusList, issuer, payee, now: Date.now });
}

/** A JWS has two dots and no slash or space; everything else names a file. */
async function readCheckText(check: string): Promise<string> {
  if (check === '-') return (await text(process.stdin)).trim();
  if (/^[^\s/]*\.[^\s/]*\.[^\s/]*$/.test(check) && check.length > 100) return check;
  return (await readFile(check, 'utf8')).trim();
}

const TIMEOUT_MS = 10_000;

async function fetchText(source: string): Promise<string> {
  if (!isWebAddress(source)) return (await readFile(source, 'utf8')).trim();
  const response = await fetch(source, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause: unknown) => {
    throw new Error(`${source} cannot be reached`, { cause });
  });
  if (!response.ok) throw new Error(`${source} answered ${response.status}`);
  return (await response.text()).trim();
}

function isWebAddress(source: string): boolean {
  return /^https?:\/\//.test(source);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('the public keys are no JSON: --jwks wants a JWK Set');
  }
}

function inWords({ valid, reason, detail, claims, status }: OfflineVerdict): string {
  const verdict = valid ? `VALID: ${detail}` : `INVALID (${String(reason)}): ${detail}`;
  const asOf = status ? [`  status        ${status.type}, as of ${status.asOf}`] : [];
  return [verdict, ...(claims ? describe(claims) : []), ...asOf].join('\n');
}

function describe(claims: CheckClaims): string[] {
  return [
    `  number        ${claims.number}`,
    `  order         ${claims.orderId}`,
    `  charge        ${formatMoney(moneyFromJson(claims.charge))}`,
    `  from          ${claims.terminal.buyerId} at terminal ${claims.terminal.terminalId}`,
    ...(claims.cnf ? [`  bound to      the terminal's key ${claims.cnf.jkt}`] : []),
    `  to            ${claims.sellerId}`,
    `  distributor   ${claims.distributorId}`,
    `  issued        ${claims.issuedAt}`,
    `  expires       ${claims.expiresAt}`,
  ];
}

function defaultUrl(): string {
  return `http://127.0.0.1:${process.env['PORT'] ?? '3000'}`;
}
