import { createHash } from 'node:crypto';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import type { Role } from '../../domain/party.ts';
import { kyselyOf } from '../../entities/database.ts';
import { IdentityChange, type IDENTITY_CHANGES } from '../../entities/identity-change.entity.ts';
import { Identity } from '../../entities/identity.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import { inTransaction, LOCKED } from '../transaction.ts';

/** Who a subject of an outside issuer is here. */
export interface KnownIdentity {
  readonly partyId: string;
  readonly role: Role;
  /** Another one after every change. */
  readonly revision: string;
}

/** An identity as the operator sees it. */
export interface IdentityView {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly partyId: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly changedBy: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface IdentityInput {
  readonly issuer: string;
  /** In NFC. */
  readonly subject: string;
  readonly partyId: string;
  readonly role: Role;
}

/** A page, the newest first, beginning before `before`. */
export interface IdentityPage extends Partial<IdentityInput> {
  readonly limit: number;
  readonly before?: string;
}

/** Of a path: `identity-17`. */
export const IDENTITY_ID = /^identity-([1-9][0-9]{0,17})$/;

/** OpenID Connect Core 1.0, 2: as long as a subject may be. */
export const MOST_SUBJECT_CHARACTERS = 255;

/** Who that subject is here; `undefined` when nobody has said so. */
export async function findIdentity(
  em: EntityManager,
  issuer: string,
  subject: string,
): Promise<KnownIdentity | undefined> {
  const row = await em.findOne(Identity, { issuer, subject });
  return row ? { partyId: row.partyId, role: row.role, revision: revisionOf(row) } : undefined;
}

/** The revisions of the identities of these subjects, of whichever issuer, that there are just now. */
export async function identityRevisions(em: EntityManager, subjects: readonly string[]): Promise<Map<string, string>> {
  const rows = await em.find(Identity, { subject: { $in: [...subjects] } });
  return new Map(rows.map((row) => [subjectKey(row), revisionOf(row)]));
}

/** The key of a subject in maps: another one for the same name of another issuer. */
export function subjectKey({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>): string {
  return JSON.stringify([issuer, subject]);
}

/** Says who a subject is here, or changes it; a repetition changes nothing. `made`: nobody had said so before. */
export async function putIdentity(
  orm: Orm,
  identity: IdentityInput,
  actor: string,
): Promise<{ readonly view: IdentityView; readonly made: boolean }> {
  const { issuer, subject, partyId, role } = identity;
  const put = await inTransaction(orm, async (tx) => {
    // Waits for whoever makes the same one at this moment.
    const made = await kyselyOf(tx)
      .insertInto('Identity')
      .values({ ...identity, createdBy: actor, changedBy: actor })
      .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
      .returning('id')
      .executeTakeFirst();
    const row = await tx.findOne(Identity, { issuer, subject }, LOCKED);
    if (!row) return undefined;
    const differs = row.partyId !== partyId || row.role !== role;
    if (differs) tx.assign(row, { partyId, role, changedBy: actor });
    if (made || differs) record(tx, row, made ? 'made' : 'changed', actor);
    await tx.flush();
    return { view: viewOf(row), made: made !== undefined };
  });
  // Somebody deleted it between the two statements.
  return put ?? putIdentity(orm, identity, actor);
}

/** Deletes an identity; its subject is from now on whom its tokens claim. `undefined` when there is none. */
export async function deleteIdentity(orm: Orm, id: string, actor: string): Promise<IdentityView | undefined> {
  return inTransaction(orm, async (tx) => {
    const row = await tx.findOne(Identity, { id: rowId(id) }, LOCKED);
    if (!row) return undefined;
    record(tx, row, 'deleted', actor);
    tx.remove(row);
    await tx.flush();
    return viewOf(row);
  });
}

/** One more than `limit` when there are more. */
export async function listIdentities(em: EntityManager, page: IdentityPage): Promise<IdentityView[]> {
  const { limit, before, ...wanted } = page;
  const where: FilterQuery<Identity> = { ...wanted, ...(before !== undefined && { id: { $lt: rowId(before) } }) };
  const rows = await em.find(Identity, where, { orderBy: { id: 'desc' }, limit: limit + 1 });
  return rows.map(viewOf);
}

function record(tx: EntityManager, row: Identity, change: (typeof IDENTITY_CHANGES)[number], actor: string): void {
  const { id: identityId, issuer, subject, partyId, role } = row;
  const subjectDigest = createHash('sha256').update(subject, 'utf8').digest('base64url');
  tx.create(IdentityChange, { identityId, change, issuer, subjectDigest, partyId, role, actor });
}

function revisionOf({ id, version }: Identity): string {
  return `${id}.${version}`;
}

function rowId(id: string): bigint {
  return BigInt(IDENTITY_ID.exec(id)?.[1] ?? 0);
}

function viewOf(row: Identity): IdentityView {
  const { id, issuer, subject, partyId, role, createdBy, changedBy, createdAt, updatedAt } = row;
  return {
    id: `identity-${id}`,
    issuer,
    subject,
    partyId,
    role,
    createdBy,
    changedBy,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
