import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { WaitingFilter } from '../office/attention/waiting.ts';
import type { Acting } from './ops/decide.ts';
import type { Reach } from './ops/reach.ts';
import type { StuckFilter } from './ops/stuck.ts';

/** Whoever waits longer is told what for. */
const SILENT_MS = 2_000;

/** `countersign ops …`: find the orders that need a person and help them on, with Temporal, the database, or both. */
export function opsCommand(): Command {
  const ops = new Command('ops').description(
    'Find stuck orders and help them on. Every decision is recorded with its actor.',
  );
  looking(ops);
  ops
    .command('reconcile')
    .description('compare ledger, holds, checks, orders and workflows now; exit code 1 when they do not agree')
    .action(() => reaching(reconcile));
  acting(ops.command('retry'))
    .description('try again, at once, every order that is stuck on one step, and say what came of each')
    .requiredOption('--step <name>', 'the step')
    .option('--reason <name>', 'only those with this reason')
    .option('--dry-run', 'only list them')
    .action((options: Acting & { step: string; reason?: string; dryRun?: boolean }) =>
      reaching((reach) => retry(reach, options)),
    );
  decision(ops, 'abort', 'end an order and undo what was done for it, also where no workflow runs');
  decision(ops, 'override-credit', 'stand in for a credit judgement that cannot be had');
  decision(ops, 'resume', 'start the workflow of an order again that was terminated or is lost');
  decision(ops, 'acknowledge', 'take note of what was reported of an order after its end');
  return ops;
}

/** The commands that change nothing. */
function looking(ops: Command): void {
  ops
    .command('stuck')
    .description(
      'who reads the queue, and every order that needs a person: step, reason, since when, whom it waits for',
    )
    .option('--step <name>', 'only those stuck on this step')
    .option('--reason <name>', 'only those with this reason')
    .action((filter: StuckFilter) => reaching((reach) => stuck(reach, filter)));
  ops
    .command('waiting')
    .description('which orders wait for which party since when, as they may: nothing is wrong with them')
    .option('--party <id>', 'only those that wait for this party')
    .option('--stage <name>', 'only those at this stage')
    .option('--all', 'also deliveries that are not due yet')
    .action((filter: WaitingFilter) => reaching((reach) => waiting(reach, filter)));
  ops
    .command('show')
    .argument('<order>', 'its id')
    .description('where an order stands, and its card')
    .action((id: string) => reaching((reach) => show(reach, id), id));
}

type Decision = 'abort' | 'override-credit' | 'resume' | 'acknowledge';

/** A decision about one order. */
function decision(ops: Command, name: Decision, description: string): void {
  acting(ops.command(name))
    .argument('<order>', 'its id')
    .description(description)
    .action((id: string, options: Acting) => reaching((reach) => decideOn(reach, name, id, options), id));
}

/** Whoever changes something says who and why. */
function acting(command: Command): Command {
  return command
    .option('--actor <name>', 'who is on record for it', shellUser())
    .requiredOption('--because <text>', 'why, for the record');
}

/** A container may run under a user id that has no name. */
function shellUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'operator';
  }
}

async function stuck(reach: Reach, filter: StuckFilter): Promise<void> {
  const [{ listStuck }, { printStuck }] = await Promise.all([import('./ops/stuck.ts'), import('./ops/print.ts')]);
  const found = await listStuck(reach, filter);
  console.log(printStuck(found));
  if (found.orders.length === 0 && found.unseen !== undefined) process.exitCode = 1;
}

async function waiting(reach: Reach, filter: WaitingFilter): Promise<void> {
  const [{ listWaiting, unseenOf, waitingStage }, { printWaiting }] = await Promise.all([
    import('./ops/waiting.ts'),
    import('./ops/print.ts'),
  ]);
  const stage = filter.stage && waitingStage(filter.stage);
  const orders = await listWaiting(reach, { ...filter, stage });
  const unseen = unseenOf(reach);
  console.log(printWaiting(orders, reach.notes, unseen));
  if (orders.length === 0 && unseen !== undefined) process.exitCode = 1;
}

async function show(reach: Reach, id: string): Promise<void> {
  const { showOrder } = await import('./ops/show.ts');
  console.log(await showOrder(reach, id));
}

async function reconcile(reach: Reach): Promise<void> {
  const [{ reconcileNow }, { printReconciliation }] = await Promise.all([
    import('./ops/reconcile.ts'),
    import('./ops/print.ts'),
  ]);
  const result = await reconcileNow(reach);
  console.log(printReconciliation(result));
  if (result.drift.length > 0) process.exitCode = 1;
}

async function retry(reach: Reach, options: Acting & { step: string; reason?: string; dryRun?: boolean }) {
  const [{ retryAll }, { printBatch }] = await Promise.all([import('./ops/retry.ts'), import('./ops/print.ts')]);
  const lines = await retryAll(reach, options, options);
  console.log(printBatch(lines));
  if (lines.some(({ done }) => !done)) process.exitCode = 1;
}

async function decideOn(reach: Reach, name: Decision, id: string, options: Acting): Promise<void> {
  const { acknowledge, decide, resume } = await import('./ops/decide.ts');
  const take = {
    abort: () => decide(reach, id, 'abort', options),
    'override-credit': () => decide(reach, id, 'override_credit', options),
    resume: () => resume(reach, id, options),
    acknowledge: () => acknowledge(reach, id, options),
  };
  console.log(await take[name]());
}

/**
 * Connects on demand, so that verifying a check loads neither a Temporal client nor a database driver. An id that is none is
 * told before anybody is asked.
 */
async function reaching(use: (reach: Reach) => Promise<void>, orderId?: string): Promise<void> {
  const { knownOrderId, messageOf } = await import('./ops/words.ts');
  if (orderId !== undefined) knownOrderId(orderId);
  const patience = setTimeout(() => console.error('asking Temporal and the database …'), SILENT_MS);
  try {
    const { withReach } = await import('./ops/reach.ts');
    await withReach(use);
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  } finally {
    clearTimeout(patience);
  }
}
