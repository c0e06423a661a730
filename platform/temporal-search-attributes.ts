import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { searchAttributes } from '../temporal.config.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/**
 * Registers what the Temporal UI searches orders by in this namespace, and waits until the server knows it. Repeatable:
 * what is there already stays. Throws when a name is taken with another type, or the credentials may not register.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: typesOf(missing),
  });
  await untilKnown(connection, namespace);
}

/** Every search attribute with its type, as the operator service takes them. */
export function allAttributes(): Record<string, number> {
  return typesOf(Object.keys(searchAttributes) as Name[]);
}

function typesOf(names: readonly Name[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, indexedType(name)]));
}

type Name = keyof typeof searchAttributes;

function indexedType(name: Name): number {
  return IndexedValueType[`INDEXED_VALUE_TYPE_${searchAttributes[name]}`];
}

/** Throws when a name is taken with another type. */
export async function missingAttributes(connection: Connection, namespace: string): Promise<Name[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return (Object.keys(searchAttributes) as Name[]).filter((name) => {
    const known = customAttributes[name];
    if (known !== undefined && known !== indexedType(name)) {
      throw new Error(`search attribute ${name} of namespace ${namespace} is not of type ${searchAttributes[name]}`);
    }
    return known === undefined;
  });
}

/** The frontends of a cluster learn of new attributes one after the other. */
async function untilKnown(connection: Connection, namespace: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await missingAttributes(connection, namespace)).length > 0) {
    if (Date.now() > deadline)
      throw new Error(`namespace ${namespace} does not know the search attributes after a minute`);
    await sleep(100);
  }
}
