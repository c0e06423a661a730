import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { moveOrder, type Held, type Moved } from '../../../platform/deployments/move.ts';
import { runningQuery, type Deployment, type Version } from '../../../platform/deployments/read.ts';
import { readSearchAttributes } from '../../../platform/temporal-search-attributes.ts';
import { moveOn, ORDER_WORKFLOW, versionChanged } from '../../../workflows/messages/definitions.ts';
import { needTemporal, type Connections } from '../connections.ts';
import { counted } from '../text.ts';
import { progress, readPolledTarget, readTarget, type DeploymentOptions, type Target } from './target.ts';

export interface DrainOptions extends DeploymentOptions {
  /** Another build takes over its running orders: one that replays their histories. */
  readonly moveTo?: string;
  /** Its orders continue as new on the current build, each at its next quiet moment. */
  readonly continue?: boolean;
}

/** What came of it: only a drained build may lose its workers. */
export interface Drained {
  readonly drained: boolean;
  readonly words: string;
}

const LOOK_EVERY_MS = 2_000;
/** So many orders are moved at the same time. */
const AT_ONCE = 10;
/** So many of those that remain are named. */
const MOST_NAMED = 10;

/** Says how many orders still run on a build, moves them where that is wanted, waits, and says when its workers may be stopped. */
export async function drain(connections: Connections, given: string, options: DrainOptions): Promise<Drained> {
  const { client } = needTemporal(connections);
  const say = progress();
  const { version, deployment } = refuseUsed(await readTarget(connections, given, options.deployment));
  if (options.continue) refuseUnheard(version, deployment);
  if (options.continue) await readPolledTarget(connections, currentOf(deployment), options, say);
  const moved = options.moveTo === undefined ? [] : await moveAll(connections, version, options.moveTo, options);
  const told = options.continue ? await tellAll(client, version, options.actor) : [];
  for (const giveUpAt = Date.now() + options.wait * 1_000; ; await sleep(LOOK_EVERY_MS)) {
    const { version: now, deployment: all } = await readTarget(connections, version.name, deployment.name);
    if (isDrained(now)) return { drained: true, words: [...moved, ...told, stoppable(now)].join('\n') };
    if (Date.now() >= giveUpAt)
      return {
        drained: false,
        words: [...moved, ...told, remaining(now, all), ...(await named(client, now))].join('\n'),
      };
    say(remaining(now, all));
  }
}

/** Each order does it by itself when it waits and nobody waits for it; one that has ended early, and only notifies servers, stays. */
async function tellAll(client: Client, version: Version, actor: string): Promise<string[]> {
  const ids = await idsOn(client, version);
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const batch = ids.slice(at, at + AT_ONCE);
    await Promise.all(batch.map((id) => signalIfOpen(client, id)));
  }
  return [
    `${counted(ids.length, 'order')} of ${version.name} told to continue as new on the current build (by ${actor}).`,
  ];
}

async function signalIfOpen(client: Client, id: string): Promise<void> {
  try {
    await client.workflow.getHandle(id).signal(moveOn);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

function currentOf({ name, current }: Deployment): string {
  if (current === undefined) throw new Error(`No build of ${name} is current: npm run ops -- deploy BUILD`);
  return current;
}

/** Only its own workers can have an order continue as new. */
function refuseUnheard(version: Version, { current }: Deployment): void {
  if (version.runningOrders === 0 || hasWorkers(version)) return;
  throw new Error(
    `No worker of ${version.name} runs, so its orders cannot be told: ${orMove(version, current)}. Nothing was changed.`,
  );
}

function orMove({ name }: Version, current = 'BUILD'): string {
  return `start its workers again, or, if the current build replays its histories: npm run ops -- drain ${name} --move-to ${current}`;
}

function hasWorkers({ polling }: Version): boolean {
  return polling.some(({ pollers }) => pollers > 0);
}

function refuseUsed(target: Target): Target {
  const { version, deployment } = target;
  if (version.status === 'current' || version.status === 'ramping')
    throw new Error(
      `${version.name} is ${version.status} and gets new orders: deploy another build first, or roll back`,
    );
  return { version, deployment };
}

/** Temporal says so some minutes after the last order has ended, and would not see one that was moved there since. */
function isDrained({ status, runningOrders }: Version): boolean {
  return runningOrders === 0 && (status === 'drained' || status === 'inactive');
}

function stoppable({ name }: Version): string {
  return `No order runs on ${name}: its workers may be stopped.`;
}

function remaining(version: Version, { current }: Deployment): string {
  const { name, runningOrders } = version;
  const keep = hasWorkers(version) ? 'keep its workers' : undefined;
  if (runningOrders > 0)
    return `${counted(runningOrders, 'order')} still ${runningOrders === 1 ? 'runs' : 'run'} on ${name}${keep ? `: ${keep}` : `, and no worker of it runs: ${orMove(version, current)}`}.`;
  return `No order is seen on ${name} any more, but Temporal does not call it drained yet, which takes some minutes: ${keep ? `${keep} until then` : 'it has none that would have to be kept'}.`;
}

async function named(client: Client, { name }: Version): Promise<string[]> {
  const lines: string[] = [];
  const query = runningQuery(ORDER_WORKFLOW, name);
  for await (const execution of client.workflow.list({ query, pageSize: MOST_NAMED + 1 })) {
    if (lines.length === MOST_NAMED) return [...lines, '  …'];
    const { stage = 'unknown' } = readSearchAttributes(execution);
    const staysPut = stage === 'requested' ? ': undecided, it moves on to no other build: retry or abort it' : '';
    lines.push(`  ${execution.workflowId} ${stage}, since ${execution.startTime.toISOString()}${staysPut}`);
  }
  return lines;
}

/** Stops at the first order that its new build cannot replay: no other build may take these orders over. */
async function moveAll(
  connections: Connections,
  from: Version,
  given: string,
  options: DrainOptions,
): Promise<string[]> {
  const { client } = needTemporal(connections);
  const to = await readPolledTarget(connections, given, options, progress());
  if (to.version.name === from.name) throw new Error(`${from.name} cannot take over its own orders`);
  const target = { deploymentName: to.deployment.name, buildId: to.version.build };
  const ids = await idsOn(client, from);
  const held: (readonly [id: string, order: Held])[] = [];
  let count = 0;
  let ended = 0;
  // Those that are held are told of in a line of their own.
  const others = () => (ended > 0 ? `, ${ended} had ended meanwhile` : '');
  const take = async (outcomes: readonly (readonly [id: string, outcome: Moved | Held])[]): Promise<void> => {
    for (const [id, outcome] of outcomes) if (isHeld(outcome)) held.push([id, outcome]);
    count += outcomes.filter(([, outcome]) => outcome === 'moved').length;
    ended += outcomes.filter(([, outcome]) => outcome === 'ended').length;
    const stays = outcomes.flatMap(([id, outcome]) => whyStays(id, outcome));
    if (stays.length === 0) return;
    await Promise.all(held.map(([, order]) => order.leave()));
    const said = `${counted(count, 'order')} moved to ${to.version.name}; the others stay on ${from.name}.`;
    throw new Error([...stays, said].join('\n'));
  };
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const batch = ids.slice(at, at + AT_ONCE);
    const move = async (id: string) => [id, await moveOrder(client, id, target, versionChanged.name)] as const;
    await take(await Promise.all(batch.map(move)));
    console.error(`${count} of ${counted(ids.length, 'order')} moved${others()} …`);
  }
  if (held.length > 0)
    console.error(
      `${counted(held.length, 'order')} not moved yet: at an attempt that a worker of ${from.name} has, or had when it stopped, which is over in ten minutes at most …`,
    );
  await take(await Promise.all(held.map(async ([id, order]) => [id, await order.outcome()] as const)));
  return [`${counted(count, 'order')} moved to ${to.version.name}${others()} (by ${options.actor}).`];
}

function isHeld(outcome: Moved | Held): outcome is Held {
  return typeof outcome === 'object' && 'outcome' in outcome;
}

function whyStays(id: string, outcome: Moved | Held): string[] {
  return typeof outcome === 'object' && 'stays' in outcome ? [`${id}: stays where it is: ${outcome.stays}`] : [];
}

async function idsOn(client: Client, { name }: Version): Promise<string[]> {
  const ids: string[] = [];
  const query = runningQuery(ORDER_WORKFLOW, name);
  for await (const { workflowId } of client.workflow.list({ query, pageSize: 1_000 })) ids.push(workflowId);
  return ids;
}
