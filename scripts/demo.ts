import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { findOrStart, type DemoOffice } from './demo/office.ts';
import { BUYER, DISTRIBUTOR, publishedKeys, reads, SELLER, tokensOf } from './demo/reads.ts';
import { runTerminal, type TerminalStep } from './demo/terminal.ts';
import { eventLine, moneyLines, moneyText, receiptLine } from './demo/words.ts';

/*
 * `npm run demo`: one whole order over four servers, told step by step. The terminal is a process of its own, the selling office and the
 * distributing company are servers of their own, and the check office is the service. Exit code 0 when the order was completed and
 * the evidence of it is good. With `--history`: weeks of example orders instead (scripts/history/).
 */

const styled = (style: Parameters<typeof styleText>[0]) => (text: string) =>
  styleText(style, text, { stream: process.stdout });
const [bold, dim, green, red] = [styled('bold'), styled('dim'), styled('green'), styled('red')];
const say = (line = ''): void => console.log(line);

const ADDRESS = ['--name', 'Ada Becker', '--street', 'Lindenweg 4', '--city', 'Köln', '--postal-code', '50667'];

async function main(): Promise<number> {
  say(bold('One order over four servers'));
  const office = await findOrStart(say);
  const endEarly = (): void => void office.end().then(() => process.exit(130));
  process.once('SIGINT', endEarly).once('SIGTERM', endEarly);
  try {
    return await tell(office);
  } finally {
    if (office.isOwn) say(dim('\nEnding the office of this demo.'));
    await office.end();
  }
}

async function tell(office: DemoOffice): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-evidence-'));
  const read = reads(office.url, await tokensOf(office.url));
  introduce(office);

  const [goods] = await read.commodities();
  if (!goods) throw new Error(`${SELLER} offers nothing.`);
  const way = 'terminal → check office'.padEnd(38);
  say(`${way} looks at the charges of ${SELLER}: ${goods.name}, ${moneyText(goods.price)}  (claim 1)`);
  const order = ['--seller', SELLER, '--line', `${goods.sku}=1`, '--distributor', DISTRIBUTOR, ...ADDRESS];
  const key = join(folder, 'terminal-key.json');
  const story = new Narrator(office, read);
  for await (const step of runTerminal(office.url, [...order, '--country', 'DE', '--as', BUYER, '--key', key]))
    await story.step(step);
  const { orderId, stage } = story;
  if (orderId === undefined) return 1;

  // One read of the check office, on record, for all of the evidence.
  const evidence = await read.messages(orderId);
  for (const message of evidence.data) story.receipt(message);
  say(bold('\nThe money'));
  const money = await read.money(orderId);
  for (const line of moneyLines(money)) say(`  ${line}`);
  const file = join(folder, 'evidence.json');
  writeFileSync(file, `${JSON.stringify(evidence, undefined, 2)}\n`, { mode: 0o600 });
  const isGood = verifyEvidence(file, await pinnedKeys(office, evidence.office.issuer, folder));
  conclude(office, { orderId, stage, file, isGood });
  return stage === 'completed' && isGood && money.proof.netsToZero ? 0 : 1;
}

function introduce({ url, parties, isOwn }: DemoOffice): void {
  say(dim(isOwn ? '' : `The office that runs at ${url} is used; its driver takes DEMO_DRIVE_SECONDS (30 unless set).`));
  const servers = [
    ['terminal', `a process of its own (npm run terminal), with its own key, of ${BUYER}`],
    ['selling office', `${parties.sellingOffice}, ${SELLER}: own database, own key`],
    ['check office', `${url}: this service`],
    ['distributing company', `${parties.distributingCompany}, ${DISTRIBUTOR}: own database, own key`],
  ];
  for (const [name = '', what = ''] of servers) say(`  ${bold(name.padEnd(22))}${what}`);
  say();
}

/** Tells the steps of the terminal as they come, and what the other servers have signed for meanwhile. */
class Narrator {
  orderId: string | undefined;
  stage: string | undefined;
  readonly #office: DemoOffice;
  readonly #read: ReturnType<typeof reads>;
  readonly #said = new Set<string>();

  constructor(office: DemoOffice, read: ReturnType<typeof reads>) {
    this.#office = office;
    this.#read = read;
  }

  async step({ step, orderId, number, stage, event, detail, nextStep }: TerminalStep): Promise<void> {
    this.orderId ??= orderId;
    if (step === 'failed') say(red(`${detail ?? 'The terminal could not go on.'}\n${nextStep ?? ''}`));
    if (step === 'verified')
      say(`${'terminal'.padEnd(38)} ${green(`verifies ${number} by the office's public keys: good`)}`);
    if (step === 'ended') this.stage = stage;
    if (!event) return;
    await this.#receiptsUntil(event.occurredAt);
    say(eventLine(event));
  }

  /** Says who has signed for a message, once. */
  receipt(message: Parameters<typeof receiptLine>[0]): void {
    if (message.receipt === null || this.#said.has(message.id)) return;
    this.#said.add(message.id);
    say(dim(`  ↳ ${receiptLine(message)}`));
  }

  /** What the seller's server may read of it is known at once; without its key it is said at the end. */
  async #receiptsUntil(moment: string): Promise<void> {
    const { sellersKey } = this.#office;
    if (this.orderId === undefined || sellersKey === undefined) return;
    // Before the presentation there is no such order for the seller.
    const { data } = await this.#read.messages(this.orderId, sellersKey).catch(() => ({ data: [] }));
    for (const message of data)
      if (message.receiptedAt !== null && message.receiptedAt <= moment) this.receipt(message);
  }
}

/** The keys of the other three, asked of each itself: so nobody has to believe what the office says that they are. */
async function pinnedKeys({ url, parties }: DemoOffice, issuer: string, folder: string): Promise<string[]> {
  const servers = [
    [issuer, url],
    [SELLER, parties.sellingOffice],
    [DISTRIBUTOR, parties.distributingCompany],
  ] as const;
  const options = servers.map(async ([party, address]) => {
    const file = join(folder, `${party}.jwks.json`);
    writeFileSync(file, await publishedKeys(address));
    return ['--keys', `${party}=${file}`];
  });
  return (await Promise.all(options)).flat();
}

/** Judges what was signed as anybody can: offline, from files alone. */
function verifyEvidence(file: string, keys: readonly string[]): boolean {
  say(bold('\nThe evidence'));
  const verify = ['cli/countersign.mjs', 'verify', 'evidence', file, ...keys];
  const { status } = spawnSync(process.execPath, verify, { stdio: 'inherit' });
  return status === 0;
}

interface Outcome {
  readonly orderId: string;
  readonly stage: string | undefined;
  readonly file: string;
  readonly isGood: boolean;
}

function conclude({ isOwn, url, parties, temporalUi }: DemoOffice, { orderId, stage, file, isGood }: Outcome): void {
  const completed = stage === 'completed' ? green('completed') : red(stage ?? 'not ended');
  say(bold('\nThe order ') + completed + bold(', the evidence ') + (isGood ? green('good') : red('not good')));
  say(`  ${orderId}`);
  say(`  judge it again:  npm run verify -- evidence ${file}`);
  if (isOwn) {
    say('  your own:        npm start, then npm run terminal -- buy');
  } else {
    say(`  read it:         npm run terminal -- follow ${orderId}`);
    say(`  in Temporal:     ${String(temporalUi)}/namespaces/default/workflows/${orderId}`);
    say(`  at the parties:  ${parties.sellingOffice}, ${parties.distributingCompany}`);
  }
  say(`  the protocol:    docs/sites.md${isOwn ? '' : `; ${url}/docs for the API`}`);
}

async function history(args: readonly string[]): Promise<number> {
  const { demoHistory } = await import('./history/main.ts');
  return demoHistory(args, say);
}

try {
  const args = process.argv.slice(2);
  process.exitCode = args.includes('--history') ? await history(args) : await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
