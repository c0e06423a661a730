import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { Client } from '@temporalio/client';
import type * as OrdersModule from './ops-orders.ts';
import { printBatch, printReconciliation, printStuck } from './ops-print.ts';

interface Acting {
  readonly actor: string;
  readonly because: string;
}

/** `countersign ops …`: find the orders that need a person and mend them, with nothing but Temporal. */
export function opsCommand(): Command {
  const ops = new Command('ops').description(
    'Find stuck orders and mend them. Every decision is recorded with its actor.',
  );
  ops
    .command('stuck')
    .description('every order that needs a person: stage, step, reason, since when, whom it waits for')
    .option('--step <name>', 'only those stuck on this step')
    .option('--reason <name>', 'only those with this reason')
    .action((filter: { step?: string; reason?: string }) =>
      withOrders(async (orders, client) => console.log(printStuck(await orders.listStuck(client, filter)))),
    );
  ops
    .command('show')
    .argument('<order>', 'its id')
    .description('where an order stands, and its card')
    .action((id: string) => withOrders(async (orders, client) => console.log(await orders.showOrder(client, id))));
  acting(ops.command('retry'))
    .description('try again, at once, every order that is stuck on one step')
    .requiredOption('--step <name>', 'the step')
    .option('--reason <name>', 'only those with this reason')
    .option('--dry-run', 'only list them')
    .action((options: Acting & { step: string; reason?: string; dryRun?: boolean }) => retry(options));
  decision(ops, 'abort', 'end an order and undo what was done for it');
  decision(ops, 'override-credit', 'stand in for a credit judgement that cannot be had');
  ops
    .command('reconcile')
    .description('compare ledger, holds, checks, orders and workflows now; exit code 1 when they do not agree')
    .action(() =>
      withOrders(async (orders, client) => {
        const result = await orders.reconcileNow(client);
        console.log(printReconciliation(result));
        if (result.drift.length > 0) process.exitCode = 1;
      }),
    );
  return ops;
}

/** A decision about one order; its action is the command's name. */
function decision(ops: Command, name: 'abort' | 'override-credit', description: string): void {
  const action = name === 'abort' ? name : 'override_credit';
  acting(ops.command(name))
    .argument('<order>', 'its id')
    .description(description)
    .action((id: string, { actor, because }: Acting) =>
      withOrders(async (orders, client) =>
        console.log(await orders.interveneIn(client, id, { action, reason: because, actor })),
      ),
    );
}

/** Whoever changes something says who and why. */
function acting(command: Command): Command {
  return command
    .option('--actor <name>', 'who is on record for it', userInfo().username)
    .requiredOption('--because <text>', 'why, for the record');
}

async function retry({
  step,
  reason,
  dryRun,
  actor,
  because,
}: Acting & { step: string; reason?: string; dryRun?: boolean }) {
  await withOrders(async (orders, client) => {
    const lines = await orders.retryAll(client, { step, reason }, { actor, why: because, dryRun });
    console.log(printBatch(lines));
    if (lines.some(({ done }) => !done)) process.exitCode = 1;
  });
}

type Orders = typeof OrdersModule;

/** Connects on demand, so that verifying a check loads no Temporal client. */
async function withOrders(use: (orders: Orders, client: Client) => Promise<void>): Promise<void> {
  const [orders, { connectTemporal }, { parseSettings }] = await Promise.all([
    import('./ops-orders.ts'),
    import('../platform/temporal-client.ts'),
    import('../platform/settings.ts'),
  ]);
  const { temporalAddress, temporalPort, temporalNamespace } = parseSettings(process.env);
  const client = await connectTemporal({
    temporalAddress: temporalAddress ?? `127.0.0.1:${temporalPort}`,
    temporalNamespace,
  });
  try {
    await use(orders, client);
  } catch (error) {
    throw new Error(orders.messageOf(error), { cause: error });
  } finally {
    await client.connection.close();
  }
}
