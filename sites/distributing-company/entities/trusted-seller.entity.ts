import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A seller whose keys the company reads itself, because it has a contract with it. */
export const TrustedSeller = defineEntity({
  name: 'TrustedSeller',
  tableName: 'trusted_sellers',
  properties: {
    id: p.text().primary(),
    jwksUrl: p.text(),
  },
});
export type TrustedSeller = InferEntity<typeof TrustedSeller>;
