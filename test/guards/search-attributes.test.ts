import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { prepareTemporal } from '../../platform/temporal-preparation.ts';
import { attributeTypes } from '../../platform/temporal-search-attributes.ts';
import { testTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

/* A namespace in which one of our search attributes is there with another type: orders could not be found by it. */

const { IndexedValueType } = proto.temporal.api.enums.v1;

let connection: Connection;
let address: string;
beforeAll(async () => {
  ({ address } = await testTemporal());
  connection = await Connection.connect({ address });
});
afterAll(() => connection.close());

async function namespaceWith(attributes: Record<string, number>): Promise<string> {
  const namespace = `clash-${randomBytes(4).toString('hex')}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  if (Object.keys(attributes).length === 0) return namespace;
  const { operatorService } = connection;
  // A new namespace is known to all of the server a moment later.
  await until(
    () => operatorService.addSearchAttributes({ namespace, searchAttributes: attributes }).then(() => 'added', String),
    (answer) => answer === 'added',
  );
  return namespace;
}

const typeOf = { OrderStage: 'KEYWORD', AmountMinor: 'INT', DeliveryDue: 'DATETIME' } as const;

test.each(Object.keys(typeOf) as (keyof typeof typeOf)[])(
  '%s with another type is named at once, in one line',
  async (name) => {
    const wrong = IndexedValueType.INDEXED_VALUE_TYPE_BOOL;
    const namespace = await namespaceWith({ [name]: wrong });
    const began = Date.now();
    const refused = await prepareTemporal({ temporalAddress: address, temporalNamespace: namespace }).catch(String);
    // Waiting a minute for what only a person can change would say nothing.
    expect(Date.now() - began).toBeLessThan(50_000);
    expect(refused).toBe(
      `SearchAttributeClash: search attribute ${name} of namespace ${namespace} is of type BOOL, not ${typeOf[name]}: ` +
        'remove it there, or name another namespace (TEMPORAL_NAMESPACE)',
    );
  },
);

test('a namespace that has them all, or none, is made ready; twice does no harm', async () => {
  const namespace = await namespaceWith({});
  const settings = { temporalAddress: address, temporalNamespace: namespace };
  expect(await prepareTemporal(settings)).toBeUndefined();
  expect(await prepareTemporal(settings)).toBeUndefined();
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  expect(customAttributes).toMatchObject(attributeTypes);
});
