import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, WorkflowExecutionInfo } from '@temporalio/client';
import proto from '@temporalio/proto';
import { searchAttributes } from '../temporal.config.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/** What an order's workflow says of itself to visibility. Written in `workflows/runtime/visibility.ts` alone, read here alone. */
export interface OrderAttributes {
  readonly stage?: string;
  readonly sellerId?: string;
  readonly distributorId?: string;
  readonly amount?: { readonly minor: number; readonly currency: string };
  /** Why it needs a person, by its own word. */
  readonly attention?: { readonly step: string; readonly reason: string; readonly since?: Date };
}

/** Reads the search attributes of an order's workflow, as a list or a description of it holds them. */
export function readSearchAttributes({
  typedSearchAttributes: attributes,
}: Pick<WorkflowExecutionInfo, 'typedSearchAttributes'>): OrderAttributes {
  const minor = attributes.get(searchAttributes.amountMinor);
  const currency = attributes.get(searchAttributes.amountCurrency);
  const step = attributes.get(searchAttributes.attentionStep);
  return {
    stage: attributes.get(searchAttributes.stage),
    sellerId: attributes.get(searchAttributes.sellerId),
    distributorId: attributes.get(searchAttributes.distributorId),
    ...(minor !== undefined && currency !== undefined && { amount: { minor, currency } }),
    ...(step !== undefined && {
      attention: {
        step,
        reason: attributes.get(searchAttributes.attentionReason) ?? 'unknown',
        since: attributes.get(searchAttributes.attentionSince),
      },
    }),
  };
}

/** The type of each search attribute by its name, as the operator service takes and lists them. */
export type AttributeTypes = Readonly<Record<string, number>>;

/** All that the orders need. */
export const attributeTypes: AttributeTypes = Object.fromEntries(
  Object.values(searchAttributes).map(({ name, type }) => [name, IndexedValueType[`INDEXED_VALUE_TYPE_${type}`]]),
);

/**
 * Registers what the Temporal UI searches orders by in this namespace, and waits until the server knows it. Repeatable:
 * what is there already stays. Throws `SearchAttributeClash`, and what the server says when the credentials may not register.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const missing = await missingIn(connection, namespace);
  if (Object.keys(missing).length === 0) return;
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: missing });
  await untilKnown(connection, namespace);
}

/** A name is taken with another type in this namespace: no waiting changes that, only an operator. */
export class SearchAttributeClash extends Error {
  override readonly name = 'SearchAttributeClash';
}

/** Which of the needed search attributes are not among those that the namespace knows. Throws `SearchAttributeClash`. */
function missingAttributes(known: AttributeTypes, namespace: string): AttributeTypes {
  const clash = Object.keys(attributeTypes).find((name) => name in known && known[name] !== attributeTypes[name]);
  if (clash !== undefined) {
    throw new SearchAttributeClash(
      `search attribute ${clash} of namespace ${namespace} is of type ${typeName(known[clash])}, ` +
        `not ${typeName(attributeTypes[clash])}: remove it there, or name another namespace (TEMPORAL_NAMESPACE)`,
    );
  }
  return Object.fromEntries(Object.entries(attributeTypes).filter(([name]) => !(name in known)));
}

/** Whether the namespace knows them all. Throws when a name is taken with another type. */
export async function hasSearchAttributes(connection: Connection, namespace: string): Promise<boolean> {
  return Object.keys(await missingIn(connection, namespace)).length === 0;
}

async function missingIn(connection: Connection, namespace: string): Promise<AttributeTypes> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return missingAttributes(customAttributes, namespace);
}

function typeName(type = 0): string {
  return String(IndexedValueType[type]).replace('INDEXED_VALUE_TYPE_', '');
}

/** The frontends of a cluster learn of new attributes one after the other. */
async function untilKnown(connection: Connection, namespace: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await hasSearchAttributes(connection, namespace))) {
    if (Date.now() > deadline)
      throw new Error(`namespace ${namespace} does not know the search attributes after a minute`);
    await sleep(100);
  }
}
