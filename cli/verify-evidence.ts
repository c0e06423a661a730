import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError } from 'commander';
import { calculateJwkThumbprint, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import { evidenceSet, judgeEvidence, type EvidenceSet, type Finding, type Note } from '../office/messages/index.ts';
import { faultInWords } from './fault-in-words.ts';

interface EvidenceOptions {
  /** Files of JWK Sets, by party. */
  readonly keys: ReadonlyMap<string, string>;
  readonly json?: boolean;
}

const EXIT = { good: 0, wrong: 1, undecided: 2 } as const;

/** `countersign verify evidence <file>`: exit code 0 nothing is wrong, 1 something is, 2 wrong usage or nothing to judge. */
export function evidenceCommand(): Command {
  return (
    new Command('evidence')
      .description('Judge messages and receipts of an order offline: what each proves, and what is wrong with it.')
      .argument('<file>', 'what GET /v1/orders/{orderId}/messages answered, or - for standard input')
      .option(
        '--keys <party=file>',
        "a JWK Set that you know to be that party's own, or the office's by its issuer; may be repeated",
        pinned,
        new Map<string, string>(),
      )
      .option('--json', 'print the findings as JSON')
      // With those of `verify`, which takes a `--json` wherever it stands.
      .action(async (file: string, _own: EvidenceOptions, command: Command) => {
        process.exitCode = await verifyEvidence(file, command.optsWithGlobals<EvidenceOptions>());
      })
  );
}

function pinned(given: string, former: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, party, file] = /^([^=]+)=(.+)$/.exec(given) ?? [];
  if (party === undefined || file === undefined) throw new InvalidArgumentError('must be PARTY=FILE.');
  return new Map([...former, [party, file]]);
}

async function verifyEvidence(file: string, { keys, json }: EvidenceOptions): Promise<number> {
  try {
    const set = await readSet(file);
    const known = await readKeys(keys);
    const judged = await judgeEvidence(set, { pinned: known, nowMs: Date.now() });
    const findings = judged.map((finding) => asFarAsKnown(finding, known));
    const isWrong = findings.some(({ notes }) => notes.some(({ sort }) => sort === 'wrong'));
    const trust = await trustIn(set, known);
    console.log(json ? JSON.stringify({ good: !isWrong, findings, trust }, undefined, 2) : inWords(findings, trust));
    return isWrong ? EXIT.wrong : EXIT.good;
  } catch (error) {
    const detail = faultInWords(error);
    if (json) console.log(JSON.stringify({ good: null, detail }, undefined, 2));
    else console.error(`Cannot tell: ${detail}`);
    return EXIT.undecided;
  }
}

async function readSet(file: string): Promise<EvidenceSet> {
  const set = evidenceSet.safeParse(parseJson(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')));
  if (!set.success) {
    const [issue] = set.error.issues;
    throw new Error(
      `this is not what /v1/orders/{orderId}/messages answers: /${issue?.path.join('/') ?? ''} does not fit`,
    );
  }
  if (set.data.data.length === 0) throw new Error('the set holds no messages');
  return set.data;
}

const publicKeys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

async function readKeys(files: ReadonlyMap<string, string>): Promise<Map<string, JSONWebKeySet>> {
  const known = new Map<string, JSONWebKeySet>();
  for (const [party, file] of files) {
    const read = publicKeys.safeParse(parseJson(await readFile(file, 'utf8')));
    if (!read.success) throw new Error(`--keys ${party}: ${file} is no JWK Set`);
    known.set(party, read.data);
  }
  return known;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Whose word it is that each key is its party's own. */
async function trustIn(set: EvidenceSet, known: ReadonlyMap<string, JSONWebKeySet>): Promise<string[]> {
  const { issuer, jwks } = set.office;
  const shown = new Map<string, Set<string>>();
  const add = async (who: string, key: JWK): Promise<void> => {
    shown.set(who, (shown.get(who) ?? new Set()).add(await calculateJwkThumbprint(key)));
  };
  for (const key of jwks.keys) await add(issuer, key).catch(() => undefined);
  for (const { to, keys } of set.data) if (keys) await add(to, keys);
  return [...shown].map(([who, thumbprints]) =>
    known.has(who)
      ? `${who}: judged by the keys that you gave.`
      : `${who}: judged by the ${who === issuer ? 'keys' : 'key'} that the set itself shows (${[...thumbprints].join(', ')}); to be sure that it is its own: --keys ${who}=FILE`,
  );
}

const MARK = { proven: 'proven', fits: 'fits  ', wrong: 'WRONG ', open: 'open  ' } as const;

/** Whoever writes a file can write keys into it, too. */
const ONLY_FITS =
  'What only "fits" is not proven: anybody can make up such a set with keys of their own. It is once you give the keys that you know otherwise (--keys).';
const INCOMPLETE = 'Whether messages were left out, a set cannot show.';

/** A finding as it can be told to somebody who knows only these keys otherwise: what rests on others only fits together. */
interface ToldFinding {
  readonly id: string;
  readonly notes: readonly { readonly sort: Note['sort'] | 'fits'; readonly text: string }[];
}

function asFarAsKnown({ id, notes }: Finding, known: ReadonlyMap<string, JSONWebKeySet>): ToldFinding {
  const isKnown = ({ by = [] }: Note): boolean => by.every((who) => known.has(who));
  return {
    id,
    notes: notes.map((note) => ({
      sort: note.sort === 'proven' && !isKnown(note) ? 'fits' : note.sort,
      text: note.text,
    })),
  };
}

function inWords(findings: readonly ToldFinding[], trust: readonly string[]): string {
  const lines = findings.flatMap(({ id, notes }) => [
    id,
    ...notes.map(({ sort, text: said }) => `  ${MARK[sort]}  ${said}`),
  ]);
  const onlyFits = findings.some(({ notes }) => notes.some(({ sort }) => sort === 'fits'));
  const whose = ['Whose keys:', ...trust.map((line) => `  ${line}`)];
  return [...lines, '', ...whose, '', ...(onlyFits ? [ONLY_FITS] : []), INCOMPLETE].join('\n');
}
