import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCountersignClient, type CountersignClient, type Problem } from '../../client/index.ts';
import type { Office } from '../../client/office.ts';
import { loadTerminalKey, type TerminalKey } from '../../client/presentation.ts';
import { jsonScreen, textScreen, type Screen } from './screen.ts';
import { refused, TerminalError } from './terminal-error.ts';

/** What every command may be given. */
export interface SessionOptions {
  readonly url: string;
  readonly token?: string;
  /** Whose demo token is taken where none is given. */
  readonly as: string;
  readonly key: string;
  readonly issuer: string;
  readonly json?: boolean;
}

/** Where a terminal keeps its key unless told otherwise. */
export const DEFAULT_KEY = join(homedir(), '.countersign', 'terminal-key.json');

/** One buyer at one office. */
export interface Session {
  readonly url: string;
  readonly token: string;
  readonly client: CountersignClient;
  readonly office: Office;
  readonly screen: Screen;
  /** Whether somebody sits there who can be asked. */
  readonly interactive: boolean;
  key(): Promise<TerminalKey>;
}

/** Opens it with the token that was given, or a demo party's at an office on this machine. Throws `TerminalError`. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { json = false, issuer, key } = options;
  const url = options.url.replace(/\/+$/, '');
  const screen = json ? jsonScreen() : textScreen();
  const token = options.token ?? process.env['COUNTERSIGN_TOKEN'] ?? (await demoToken(url, options.as));
  return {
    url,
    token,
    client: createCountersignClient({ baseUrl: url, token }),
    office: { issuer, jwksUrl: `${url}/.well-known/jwks.json` },
    screen,
    interactive: !json && process.stdin.isTTY && process.stdout.isTTY,
    key: () => loadTerminalKey(key),
  };
}

const TOKEN_WANTED = 'Give a token: --token, or COUNTERSIGN_TOKEN in the environment.';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

async function demoToken(url: string, party: string): Promise<string> {
  if (!LOOPBACK.test(hostOf(url))) throw new TerminalError(`No token for ${url}.`, TOKEN_WANTED);
  const { data, response } = await reached(url, () => createCountersignClient({ baseUrl: url }).GET('/dev/tokens'));
  const token = data?.tokens.find((one) => one.party === party)?.token;
  if (token !== undefined) return token;
  throw new TerminalError(
    response.ok ? `There is no demo party ${party}.` : 'This office gives no demo tokens.',
    response.ok ? 'Choose another one: --as buyer-ada' : TOKEN_WANTED,
  );
}

function hostOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ['http:', 'https:'].includes(parsed.protocol)) return parsed.hostname;
  throw new TerminalError(`${url} is no web address.`, 'Give one: --url http://127.0.0.1:3000');
}

interface Answered<Data> {
  readonly data?: Data;
  readonly error?: Problem;
  readonly response: Response;
}

/** How long an office that is away is asked again. */
const PATIENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Asks the office until it answers, also while it is being started again: every request of a terminal may be repeated. Throws
 * `TerminalError` for its refusal, and when it stays away.
 */
export async function ask<Data>(session: Session, send: () => Promise<Answered<Data>>): Promise<Data> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    const answer = await reached(session.url, send, Date.now() < deadline);
    const isAway = answer === undefined || [429, 502, 503, 504].includes(answer.response.status);
    if (answer && !(isAway && Date.now() < deadline)) {
      if (answer.response.ok && answer.data !== undefined) return answer.data;
      throw refused(answer.response.status, answer.error);
    }
    session.screen.waitFor(`the check office at ${session.url} is away: asked again`);
    const seconds = Number(answer?.response.headers.get('retry-after') ?? 1);
    await sleep(Math.min(seconds * 1000 || 1000, LONGEST_PAUSE_MS));
  }
}

function reached<Data>(url: string, send: () => Promise<Answered<Data>>): Promise<Answered<Data>>;
function reached<Data>(
  url: string,
  send: () => Promise<Answered<Data>>,
  patient: boolean,
): Promise<Answered<Data> | undefined>;
/** `undefined` for an office that cannot be reached while there is patience; throws `TerminalError` without. */
async function reached<Data>(url: string, send: () => Promise<Answered<Data>>, patient = false) {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (patient) return undefined;
    const nextStep = 'Start it (npm start), or say where it is: --url, or COUNTERSIGN_URL in the environment.';
    throw new TerminalError(`No check office answers at ${url}.`, nextStep);
  }
}
