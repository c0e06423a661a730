import type { EntityManager } from '@mikro-orm/postgresql';
import type { PrivateSigningKey } from '../../platform/key-files.ts';
import type { PublicSigningKey } from '../../entities/signing-key.entity.ts';

/** A signing key as the register in the database knows it. */
export interface RegisteredKey {
  readonly kid: string;
  readonly publicKey: PublicSigningKey;
  readonly status: 'active' | 'retired' | 'revoked';
  /** RFC 3339. */
  readonly createdAt: string;
}

interface KeyRow {
  kid: string;
  public_key: PublicSigningKey;
  status: RegisteredKey['status'];
  created_at: string | Date;
}

/** Any fixed number: of processes that start or rotate at once, one works and the others wait. */
const REGISTER_LOCK = 7_220_108;

/** Every key ever registered, the newest first. */
export async function registeredKeys(em: EntityManager): Promise<RegisteredKey[]> {
  const rows = await em.execute<KeyRow[]>(
    'select kid, public_key, status, created_at from signing_keys order by created_at desc, kid desc',
  );
  return rows.map((row) => ({
    kid: row.kid,
    publicKey: row.public_key,
    status: row.status,
    createdAt: new Date(row.created_at).toISOString(),
  }));
}

/** Until the transaction ends, no other process changes the register through this module. */
export async function lockRegister(tx: EntityManager): Promise<void> {
  // Processes that start at once may have to wait longer than anybody may wait for a row.
  await tx.execute(`select set_config('lock_timeout', '3s', true), pg_advisory_xact_lock(?)`, [REGISTER_LOCK]);
}

/** Registers a key's public half as active. A key that is known already keeps the status that it has. */
export async function registerKey(tx: EntityManager, { kid, kty, crv, x }: PrivateSigningKey): Promise<void> {
  await tx.execute(
    `insert into signing_keys (kid, public_key, status, created_at) values (?, ?::jsonb, 'active', clock_timestamp())
     on conflict (kid) do nothing`,
    [kid, JSON.stringify({ kty, crv, x })],
  );
}

/** Retires every active key but that one: the others go on verifying what they have signed. */
export async function retireAllBut(tx: EntityManager, kid: string): Promise<void> {
  await tx.execute(
    `update signing_keys set status = 'retired', retired_at = now() where status = 'active' and kid <> ?`,
    [kid],
  );
}

/** Revokes a key permanently; false when there is no such key. Repeating it is harmless. */
export async function markRevoked(tx: EntityManager, kid: string): Promise<boolean> {
  const rows = await tx.execute<unknown[]>(
    `update signing_keys set status = 'revoked', revoked_at = coalesce(revoked_at, now()) where kid = ? returning kid`,
    [kid],
  );
  return rows.length > 0;
}
