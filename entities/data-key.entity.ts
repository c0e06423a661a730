import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** The key that seals one party's personal data, wrapped by the master key. Deleting the row forgets the person. */
export const DataKey = defineEntity({
  name: 'DataKey',
  tableName: 'data_keys',
  uniques: [{ name: 'data_keys_party_unique', properties: ['partyId'] }],
  properties: {
    kid: p.text().primary(),
    partyId: p.text(),
    wrappedKey: p.text(),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type DataKey = InferEntity<typeof DataKey>;
