import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { textFault } from '../domain/text.ts';
import type { WaitingFilter } from '../office/attention/index.ts';
import type { Acting } from './ops/decide.ts';
import type { Connections } from './ops/connections.ts';
import { addDeployments } from './ops/deployments/commands.ts';
import type { StuckFilter } from './ops/stuck.ts';
import { pastMoment, pastMomentOrDay } from './moment.ts';

/** After this long a command says what it waits for. */
const SILENT_MS = 2_000;
/** So long ago workflows have ended that are compared with the books unless somebody says otherwise. */
const CLOSED_FOR_MS = 3 * 24 * 60 * 60 * 1000;
/** The exit code when nothing was found wrong, and not everything was looked at. */
const INCOMPLETE = 3;

/** `countersign ops …`: find the orders that need a person and get them going, with Temporal, the database, or both. */
export function opsCommand(): Command {
  const ops = new Command('ops').description(
    'Find stuck orders and get them going again. Every decision is recorded with its actor.',
  );
  addQueries(ops);
  addDeployments(ops, { connected, withActor });
  ops
    .command('reconcile')
    .description(
      'compare ledger, holds, checks, orders and workflows now, without any worker; exit code 1 when they do not agree, 3 when not everything was compared',
    )
    .option('--within <seconds>', 'how long it may take', seconds, 300)
    .option('--since <moment>', 'also workflows that have ended since then (default: three days ago)', pastMoment)
    .action((options: ReconcileCommand) => connected((connections) => reconcile(connections, options)));
  ops
    .command('archive')
    .description('move events and entries of what ended long ago out of the live tables; it is read as before')
    .requiredOption('--before <time>', 'what ended before it: a date, or an RFC 3339 time', pastMomentOrDay)
    .action(({ before }: { before: Date }) => connected((connections) => archive(connections, before)));
  withReason(ops.command('retry'))
    .argument('[order]', 'its id; without it all that are stuck as the options say')
    .description('try again, at once, one order, or every order that is stuck on one step, and say what came of each')
    .option('--step <name>', 'the step')
    .option('--reason <name>', 'only those with this reason')
    .option('--party <id>', 'only those that wait for this party')
    .option('--dry-run', 'only list them')
    .action((id: string | undefined, options: RetryCommand) => {
      if (id === undefined && options.step === undefined && options.party === undefined)
        throw new Error('Name the order, or what all are stuck on: --step, or --party.');
      return connected((connections) => retry(connections, { ...options, id }), id);
    });
  addDecision(ops, 'abort', 'end an order and undo what was done for it, also where no workflow runs');
  addDecision(ops, 'override-credit', 'stand in for a credit judgement that is not available');
  addDecision(
    ops,
    'resume',
    'have an order go on: start its workflow again that was terminated or is lost, and bring record and workflow together that stand apart after a restore',
  );
  addDecision(ops, 'acknowledge', 'take note of what was reported of an order after its end');
  withReason(ops.command('restore'))
    .requiredOption('--from <moment>', 'to which the older of database and Temporal was restored', pastMoment)
    .option('--dry-run', 'only say what would be done')
    .description(
      'bring the records of all orders and their workflows together again, after one of the two was restored to an older moment',
    )
    .action((options: RestoreCommand) => connected((connections) => restore(connections, options)));
  return ops;
}

/** The commands that change nothing. */
function addQueries(ops: Command): void {
  ops
    .command('stuck')
    .description(
      'who polls the task queue, and every order that needs a person: step, reason, since when, whom it waits for',
    )
    .option('--step <name>', 'only those stuck on this step')
    .option('--reason <name>', 'only those with this reason')
    .option('--party <id>', 'only those that wait for this party')
    .action((filter: StuckFilter) => connected((connections) => stuck(connections, filter)));
  ops
    .command('waiting')
    .description('which orders wait for which party since when, as they may: nothing is wrong with them')
    .option('--party <id>', 'only those that wait for this party')
    .option('--stage <name>', 'only those at this stage')
    .option('--all', 'also deliveries that are not due yet')
    .action((filter: WaitingFilter) => connected((connections) => waiting(connections, filter)));
  ops
    .command('show')
    .argument('<order>', 'its id')
    .description('where an order stands, and its card')
    .action((id: string) => connected((connections) => show(connections, id), id));
}

interface ReconcileCommand {
  readonly within: number;
  readonly since?: Date;
}
type RestoreCommand = Acting & { readonly from: Date; readonly dryRun?: boolean };
type RetryCommand = Acting & StuckFilter & { readonly dryRun?: boolean };
type Decision = 'abort' | 'override-credit' | 'resume' | 'acknowledge';

/** A decision about one order. */
function addDecision(ops: Command, name: Decision, description: string): void {
  withReason(ops.command(name))
    .argument('<order>', 'its id')
    .description(description)
    .action((id: string, options: Acting) => connected((connections) => decideOn(connections, name, id, options), id));
}

/** Whoever changes something says who and why. */
function withReason(command: Command): Command {
  return withActor(command).requiredOption('--because <text>', 'why, for the record', readable);
}

function withActor(command: Command): Command {
  return command.option('--actor <name>', 'who is on record for it', readable, shellUser());
}

/** What goes on record is read by people, as what comes through the API. */
function readable(said: string): string {
  const fault = textFault(said, { maxLength: 500 });
  if (fault !== undefined) throw new InvalidArgumentError(`It ${fault}.`);
  return said;
}

function seconds(said: string): number {
  const within = Number(said);
  if (Number.isInteger(within) && within > 0) return within;
  throw new InvalidArgumentError('It is a whole number of seconds.');
}

/** A container may run under a user id that has no name. */
function shellUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'operator';
  }
}

async function stuck(connections: Connections, filter: StuckFilter): Promise<void> {
  const [{ listStuck }, { printStuck }] = await Promise.all([import('./ops/stuck.ts'), import('./ops/print.ts')]);
  const found = await listStuck(connections, filter);
  console.log(printStuck(found));
  if (found.orders.length === 0 && found.unchecked !== undefined) process.exitCode = 1;
}

async function waiting(connections: Connections, filter: WaitingFilter): Promise<void> {
  const [{ listWaiting, uncheckedPart, waitingStage }, { printWaiting }] = await Promise.all([
    import('./ops/waiting.ts'),
    import('./ops/print.ts'),
  ]);
  const stage = filter.stage && waitingStage(filter.stage);
  const orders = await listWaiting(connections, { ...filter, stage });
  const unchecked = uncheckedPart(connections);
  console.log(printWaiting(orders, connections.notes, unchecked));
  if (orders.length === 0 && unchecked !== undefined) process.exitCode = 1;
}

async function show(connections: Connections, id: string): Promise<void> {
  const { showOrder } = await import('./ops/show.ts');
  console.log(await showOrder(connections, id));
}

async function reconcile(connections: Connections, { within, since }: ReconcileCommand): Promise<void> {
  const [{ reconcileNow }, { printReconciliation }] = await Promise.all([
    import('./ops/reconcile.ts'),
    import('./ops/print.ts'),
  ]);
  const result = await reconcileNow(connections, { within, since: since ?? new Date(Date.now() - CLOSED_FOR_MS) });
  console.log(printReconciliation(result));
  const { drift, notCompared } = result;
  process.exitCode = drift.length > 0 ? 1 : notCompared.length > 0 ? INCOMPLETE : 0;
  // A part whose time was over may still wait for an answer: nobody waits for it.
  if (notCompared.length > 0) process.exit();
}

async function archive(connections: Connections, before: Date): Promise<void> {
  const ops = await import('./ops/archive.ts');
  console.log(await ops.archive(connections, before, console.error));
}

async function retry(connections: Connections, options: RetryCommand): Promise<void> {
  const [{ retryAll }, { printBatch }, { needOrder }] = await Promise.all([
    import('./ops/retry.ts'),
    import('./ops/print.ts'),
    import('./ops/decide.ts'),
  ]);
  const lines = await retryAll(connections, options, options);
  if (options.id !== undefined && lines.length === 0) {
    await needOrder(connections, options.id);
    throw new Error(`${options.id} is not stuck: nothing to try again. \`ops show\` says where it stands.`);
  }
  console.log(printBatch(lines));
  if (lines.some(({ done }) => !done)) process.exitCode = 1;
}

/** Says what becomes of each order as it happens: with many of them it takes minutes. */
async function restore(connections: Connections, { from, dryRun = false, ...acting }: RestoreCommand): Promise<void> {
  const [{ printRestored, restore: restoreAll }, { counted }] = await Promise.all([
    import('./ops/restore.ts'),
    import('./ops/text.ts'),
  ]);
  let changed = 0;
  let forPersons = 0;
  for await (const restored of restoreAll(connections, from, { ...acting, isDry: dryRun })) {
    const { rebuilt, workflow, forPerson } = restored;
    const isChanged = rebuilt.length > 0 || workflow !== 'kept';
    changed += isChanged ? 1 : 0;
    forPersons += forPerson === undefined ? 0 : 1;
    if (isChanged || forPerson !== undefined) console.log(printRestored(restored, dryRun));
  }
  const made = dryRun ? 'would be restored' : 'restored';
  console.log(`${counted(changed, 'order')} ${made}${forPersons > 0 ? `, ${forPersons} for a person` : ''}.`);
  if (forPersons > 0) process.exitCode = 1;
}

async function decideOn(connections: Connections, name: Decision, id: string, options: Acting): Promise<void> {
  const { acknowledge, decide, resume } = await import('./ops/decide.ts');
  const take = {
    abort: () => decide(connections, id, 'abort', options),
    'override-credit': () => decide(connections, id, 'override_credit', options),
    resume: () => resume(connections, id, options),
    acknowledge: () => acknowledge(connections, id, options),
  };
  console.log(await take[name]());
}

/**
 * Connects on demand, so that verifying a check loads neither a Temporal client nor a database driver. A malformed id is
 * refused before anything is asked.
 */
async function connected(use: (connections: Connections) => Promise<void>, orderId?: string): Promise<void> {
  const { knownOrderId, messageOf } = await import('./ops/text.ts');
  if (orderId !== undefined) knownOrderId(orderId);
  const notice = setTimeout(() => console.error('asking Temporal and the database …'), SILENT_MS);
  try {
    const { withConnections } = await import('./ops/connections.ts');
    await withConnections(use);
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  } finally {
    clearTimeout(notice);
  }
}
