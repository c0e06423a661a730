import { createHash, randomBytes } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';

export type ApiKeyScope = 'read' | 'write';
export type ApiKeyRole = 'buyer' | 'seller' | 'distributor' | 'operator';

/** A machine's key as the operator sees it; the key itself is shown only when it is made. */
export interface ApiKeyView {
  readonly id: string;
  readonly partyId: string;
  readonly role: ApiKeyRole;
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
  readonly role: ApiKeyRole;
  readonly scopes: readonly ApiKeyScope[];
  readonly name: string;
  readonly createdBy: string;
  readonly expiresAt?: string;
}

/** Every key begins with it, so that scanners of leaked secrets can tell one. */
export const API_KEY_PREFIX = 'csk_';

const COLUMNS = 'id, party_id, role, scopes, name, created_by, created_at, expires_at, revoked_at';

/** Makes a key for a party. Its 256 random bits need no slow hash: nobody finds them by trying. */
export async function createApiKey(em: EntityManager, wanted: NewApiKey): Promise<{ view: ApiKeyView; key: string }> {
  const key = `${API_KEY_PREFIX}${randomBytes(32).toString('base64url')}`;
  const [row] = await em.execute<ApiKeyRow[]>(
    `insert into api_keys (id, party_id, role, scopes, name, hash, created_by, expires_at)
     values (?, ?, ?, ?::jsonb, ?, ?, ?, ?) returning ${COLUMNS}`,
    [
      `key-${randomBytes(13).toString('hex')}`,
      wanted.partyId,
      wanted.role,
      JSON.stringify(wanted.scopes),
      wanted.name,
      hashOf(key),
      wanted.createdBy,
      wanted.expiresAt ?? null,
    ],
  );
  if (!row) throw new Error('an insert returns its row');
  return { view: viewOf(row), key };
}

/** The key that this text is, when it may still be used. */
export async function findApiKey(em: EntityManager, key: string): Promise<ApiKeyView | undefined> {
  const [row] = await em.execute<ApiKeyRow[]>(
    `select ${COLUMNS} from api_keys where hash = ? and revoked_at is null and (expires_at is null or expires_at > now())`,
    [hashOf(key)],
  );
  return row && viewOf(row);
}

/** Those of the keys that may still be used. */
export async function usableApiKeys(em: EntityManager, ids: readonly string[]): Promise<Set<string | undefined>> {
  const rows = await em.execute<{ id: string }[]>(
    `select id from api_keys where id = any(?::text[]) and revoked_at is null and (expires_at is null or expires_at > now())`,
    [`{${ids.join(',')}}`],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Every key, the newest first. */
export async function listApiKeys(em: EntityManager): Promise<ApiKeyView[]> {
  const rows = await em.execute<ApiKeyRow[]>(`select ${COLUMNS} from api_keys order by created_at desc, id limit 1000`);
  return rows.map(viewOf);
}

/** Revokes a key at once; `undefined` when there is none. Repeating it is harmless. */
export async function revokeApiKey(em: EntityManager, id: string): Promise<ApiKeyView | undefined> {
  const [row] = await em.execute<ApiKeyRow[]>(
    `update api_keys set revoked_at = coalesce(revoked_at, now()) where id = ? returning ${COLUMNS}`,
    [id],
  );
  return row && viewOf(row);
}

interface ApiKeyRow {
  id: string;
  party_id: string;
  role: ApiKeyRole;
  scopes: ApiKeyScope[];
  name: string;
  created_by: string;
  created_at: string | Date;
  expires_at: string | Date | null;
  revoked_at: string | Date | null;
}

function viewOf(row: ApiKeyRow): ApiKeyView {
  return {
    id: row.id,
    partyId: row.party_id,
    role: row.role,
    scopes: row.scopes,
    name: row.name,
    createdBy: row.created_by,
    createdAt: new Date(row.created_at).toISOString(),
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
    revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at).toISOString(),
  };
}

function hashOf(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('base64url');
}
