import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCountersignClient, type CountersignClient, type Problem } from '../../client/index.ts';
import type { Office } from '../../client/office.ts';
import type { TerminalKey } from '../../client/presentation.ts';
import { loadTerminalKey } from '../../client/terminal-key-file.ts';
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

/** Where a terminal keeps its key by default. */
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
  const answer = createCountersignClient({ baseUrl: url }).GET('/dev/tokens');
  const { data, response } = await answer.catch(() => {
    throw nobodyAt(url);
  });
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
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
const AWAY: readonly number[] = [429, 502, 503, 504];

/**
 * Asks the office until it answers, also while it is being started again: every request of a terminal may be repeated. Throws
 * `TerminalError` for its refusal, and when it stays away.
 */
export function ask<Data>(session: Session, send: () => Promise<Answered<Data>>): Promise<Data> {
  return patiently(session, async () => {
    const { data, error, response } = await send();
    if (response.ok && data !== undefined) return data;
    const refusal = refused(response.status, error);
    if (!AWAY.includes(response.status)) throw refusal;
    const seconds = Number(response.headers.get('retry-after') ?? 1);
    throw new Away(Math.min(seconds * 1000 || PAUSE_MS, LONGEST_PAUSE_MS), refusal);
  });
}

/** The office did not answer this time. */
class Away extends Error {
  override readonly name = 'Away';
  readonly pauseMs: number;
  /** What is said when nothing else comes. */
  readonly inTheEnd: TerminalError;

  constructor(pauseMs: number, inTheEnd: TerminalError) {
    super(inTheEnd.message);
    this.pauseMs = pauseMs;
    this.inTheEnd = inTheEnd;
  }
}

/** Tries until it works, for a minute; whatever is no `TerminalError` is taken for an office that is away. */
export async function patiently<Result>(session: Session, attempt: () => Promise<Result>): Promise<Result> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof TerminalError) throw error;
      const { pauseMs, inTheEnd } = error instanceof Away ? error : new Away(PAUSE_MS, nobodyAt(session.url));
      if (Date.now() > deadline) throw inTheEnd;
      session.screen.waitFor(`the check office at ${session.url} is away: asked again`);
      await sleep(pauseMs);
    }
  }
}

function nobodyAt(url: string): TerminalError {
  const nextStep = 'Start it (npm start), or say where it is: --url, or COUNTERSIGN_URL in the environment.';
  return new TerminalError(`No check office answers at ${url}.`, nextStep);
}
