import { raw, type EntityManager } from '@mikro-orm/postgresql';
import { kyselyOf } from '../../entities/database.ts';
import { SigningKey } from '../../entities/signing-key.entity.ts';
import type { PrivateSigningKey } from '../../platform/key-files.ts';

/** A signing key as the register in the database knows it. */
export type RegisteredKey = Pick<SigningKey, 'kid' | 'publicKey' | 'status' | 'createdAt'>;

/** Any fixed number: of processes that start or rotate at once, one works and the others wait. */
const REGISTER_LOCK = 7_220_108;

/** Every key ever registered, the newest first. Read anew each time, also within a transaction. */
export function registeredKeys(em: EntityManager): Promise<RegisteredKey[]> {
  return em.findAll(SigningKey, { orderBy: { createdAt: 'desc', kid: 'desc' }, disableIdentityMap: true });
}

/** Until the transaction ends, no other process changes the register through this module. */
export async function lockRegister(tx: EntityManager): Promise<void> {
  // Raw: a lock of no table. Processes that start at once may have to wait longer than anybody may wait for a row.
  await tx.execute(`select set_config('lock_timeout', '3s', true), pg_advisory_xact_lock(?)`, [REGISTER_LOCK]);
}

/** Registers a key's public half as active. A key that is known already keeps the status that it has. */
export async function registerKey(tx: EntityManager, { kid, kty, crv, x }: PrivateSigningKey): Promise<void> {
  await kyselyOf(tx)
    .insertInto('SigningKey')
    .values({ kid, publicKey: { kty, crv, x } })
    .onConflict((conflict) => conflict.column('kid').doNothing())
    .execute();
}

/** Retires every active key but that one: the others go on verifying what they have signed. */
export async function retireAllBut(tx: EntityManager, kid: string): Promise<void> {
  const others = { status: 'active', kid: { $ne: kid } } as const;
  await tx.nativeUpdate(SigningKey, others, { status: 'retired', retiredAt: raw('now()') });
}

/** Revokes a key permanently; false when there is no such key. Repeating it is harmless. */
export async function markRevoked(tx: EntityManager, kid: string): Promise<boolean> {
  const revokedAt = raw('coalesce(revoked_at, now())');
  return (await tx.nativeUpdate(SigningKey, { kid }, { status: 'revoked', revokedAt })) > 0;
}
