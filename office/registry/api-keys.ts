import { createHash, randomBytes } from 'node:crypto';
import { raw, type EntityManager } from '@mikro-orm/postgresql';
import type { ApiKeyScope, Role } from '../../domain/party.ts';
import { ApiKey } from '../../entities/api-key.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import { inTransaction, takeTurn } from '../transaction.ts';

/** A machine's key as the operator sees it; the key itself is shown only when it is made. */
export interface ApiKeyView {
  readonly id: string;
  readonly partyId: string;
  readonly role: Role;
  readonly scopes: readonly ApiKeyScope[];
  readonly name: string;
  readonly createdBy: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export interface NewApiKey {
  readonly partyId: string;
  readonly role: Role;
  readonly scopes: readonly ApiKeyScope[];
  readonly name: string;
  readonly createdBy: string;
  /** RFC 3339. */
  readonly expiresAt?: string;
}

/** Every key begins with it, so that scanners of leaked secrets can tell one. */
export const API_KEY_PREFIX = 'csk_';

/** A list has no pages: an operator keeps some dozens of keys. */
const MOST_KEYS = 1000;

/** How many keys that may still be used a party may have in one role. */
export const MAX_API_KEYS = 50;

/**
 * Makes a key for a party; `undefined` when it has as many as it may. Its 256 random bits need no slow hash: nobody finds them by
 * trying.
 */
export async function createApiKey(
  orm: Orm,
  wanted: NewApiKey,
): Promise<{ view: ApiKeyView; key: string } | undefined> {
  const { partyId, role } = wanted;
  const key = newApiKey();
  return inTransaction(orm, async (tx) => {
    await takeTurn(tx, `API keys of ${role} ${partyId}`);
    if ((await tx.count(ApiKey, { partyId, role, ...usable() })) >= MAX_API_KEYS) return undefined;
    const row = tx.create(ApiKey, rowOf(key, wanted));
    await tx.flush();
    return { view: viewOf(row), key };
  });
}

/** The text of a new key, which nobody knows yet. */
export function newApiKey(): string {
  return `${API_KEY_PREFIX}${randomBytes(32).toString('base64url')}`;
}

/** Lets in whoever holds this key, made by `newApiKey`. One that is known stays as it is: what was revoked stays revoked. */
export async function admitApiKey(tx: EntityManager, key: string, wanted: NewApiKey): Promise<void> {
  await tx.upsert(ApiKey, rowOf(key, wanted), { onConflictFields: ['hash'], onConflictAction: 'ignore' });
}

function rowOf(key: string, wanted: NewApiKey) {
  return {
    ...wanted,
    id: `key-${randomBytes(13).toString('hex')}`,
    scopes: [...wanted.scopes],
    hash: hashOf(key),
    expiresAt: wanted.expiresAt === undefined ? null : new Date(wanted.expiresAt),
  };
}

/** The key that this text is, when it may still be used. */
export async function findApiKey(em: EntityManager, key: string): Promise<ApiKeyView | undefined> {
  const row = await em.findOne(ApiKey, { hash: hashOf(key), ...usable() });
  return row ? viewOf(row) : undefined;
}

/** Those of the keys that may still be used. */
export async function usableApiKeys(em: EntityManager, ids: readonly string[]): Promise<Set<string | undefined>> {
  const rows = await em.find(ApiKey, { id: { $in: [...ids] }, ...usable() }, { fields: ['id'] });
  return new Set(rows.map(({ id }) => id));
}

/** Every key, the newest first. */
export async function listApiKeys(em: EntityManager): Promise<ApiKeyView[]> {
  const rows = await em.findAll(ApiKey, { orderBy: { createdAt: 'desc', id: 'asc' }, limit: MOST_KEYS });
  return rows.map(viewOf);
}

/** Revokes a key at once; `undefined` when there is none. Repeating it is harmless. */
export async function revokeApiKey(em: EntityManager, id: string): Promise<ApiKeyView | undefined> {
  await em.nativeUpdate(ApiKey, { id, revokedAt: null }, { revokedAt: raw('now()') });
  const row = await em.findOne(ApiKey, { id });
  return row ? viewOf(row) : undefined;
}

/** By the database's clock, which is one for all processes. */
function usable() {
  return { revokedAt: null, $or: [{ expiresAt: null }, { expiresAt: { $gt: raw('now()') } }] };
}

function viewOf({ id, partyId, role, scopes, name, createdBy, createdAt, expiresAt, revokedAt }: ApiKey): ApiKeyView {
  return {
    id,
    partyId,
    role,
    scopes,
    name,
    createdBy,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

function hashOf(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('base64url');
}
