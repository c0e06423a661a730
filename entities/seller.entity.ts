import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { AGENTS, REGISTRATION_STATUSES } from '../domain/party.ts';
import { PAYMENT_DEMANDS, SETTLE_POLICIES } from '../domain/settlement.ts';
import { createdAt, updatedAt } from './types.ts';

/** A row of the selling office information database (claim 3). `version` grows with every change. */
export const Seller = defineEntity({
  name: 'Seller',
  tableName: 'sellers',
  checks: [
    { name: 'sellers_fee_within_price', expression: 'fee_basis_points >= 0 and fee_basis_points <= 10000' },
    { name: 'sellers_site_has_address', expression: "agent <> 'site' or site_url is not null" },
  ],
  properties: {
    id: p.text().primary(),
    name: p.text(),
    status: p.enum(REGISTRATION_STATUSES).default('active'),
    agent: p.enum(AGENTS).default('auto'),
    /** Where the party's own server is: needed by the agent `site`, kept when it acts otherwise. */
    siteUrl: p.text().nullable(),
    /** The office's fee on what the seller is paid, in hundredths of a per cent. */
    feeBasisPoints: p.integer().default(0),
    /** When it is paid: after the delivery, at the notice, or as each buyer chooses. */
    settleOn: p.enum(SETTLE_POLICIES).default('delivery'),
    /** Who demands its payment: the office in its name, or the seller itself. */
    paymentDemand: p.enum(PAYMENT_DEMANDS).default('auto'),
    version: p.integer().default(1).version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
});
export type Seller = InferEntity<typeof Seller>;
