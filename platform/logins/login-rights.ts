import { SettingsError } from '../settings.ts';

/** The role that may do what the service does and no more: it cannot write balances, entries or what is on record. */
export const APPLICATION_ROLE = 'countersign_app';

/** What a login lacks, and what it could do or become beyond the application's role; both empty for one that is right. */
export interface LoginRights {
  readonly user: string;
  readonly lacks: readonly string[];
  readonly exceeds: readonly string[];
}

/** Runs one statement without parameters and returns its rows. */
export type RunStatement = (sql: string) => Promise<readonly RightsRow[]>;
interface RightsRow {
  readonly user: string;
  readonly kind: 'lacks' | 'exceeds' | null;
  readonly what: string | null;
}

/** Asks the server what the connection's own login may do, whatever role the session works as at the moment. */
export async function loginRights(run: RunStatement): Promise<LoginRights> {
  const rows = await run(RIGHTS);
  const listed = (wanted: RightsRow['kind']): string[] =>
    rows.flatMap(({ kind, what }) => (kind === wanted && what !== null ? [what] : []));
  return { user: rows[0]?.user ?? 'nobody', lacks: listed('lacks'), exceeds: listed('exceeds') };
}

const SHOWN = 3;

/**
 * Lets only a login through that has the application's role and nothing else: whatever runs in the process, it cannot give
 * itself more. Throws `SettingsError` in one line that names the setting.
 */
export async function requireRestrictedLogin(run: RunStatement, setting: string): Promise<void> {
  const { user, lacks, exceeds } = await loginRights(run);
  if (exceeds.length > 0) {
    throw new SettingsError(
      `${setting}: the login ${user} ${exceeds.slice(0, SHOWN).join(', ')}: set ${setting} to a login that has the role ${APPLICATION_ROLE} ` +
        `and nothing else, and DATABASE_OWNER_URL to this one for \`npm run migrate\`, which makes that login`,
    );
  }
  if (lacks.length > 0) {
    throw new SettingsError(
      `${setting}: the login ${user} ${lacks.join(', ')}: run \`npm run migrate\` with DATABASE_OWNER_URL set to the owner of the database`,
    );
  }
}

/*
 * One row for each thing that is wrong, at least one row in all. A superuser has every role: of it only that is said. The role
 * is looked up as a regrole, for where it does not exist the privilege functions would raise an error instead of answering.
 */
const RIGHTS = `
  with own as (
    select rolname, rolsuper, to_regrole('${APPLICATION_ROLE}')::oid as app from pg_roles where rolname = session_user
  ), reached as (
    select r.oid, r.rolname, case when r.rolname = session_user then 'has ' else 'may become ' || r.rolname || ', which has ' end as how,
      concat_ws(', ', case when r.rolsuper then 'SUPERUSER' end, case when r.rolcreaterole then 'CREATEROLE' end,
        case when r.rolcreatedb then 'CREATEDB' end, case when r.rolreplication then 'REPLICATION' end,
        case when r.rolbypassrls then 'BYPASSRLS' end) as attributes
    from pg_roles r, own
    where pg_has_role(session_user, r.oid, 'member') and (not own.rolsuper or r.rolname = session_user)
  ), wrong as (
    select 'exceeds' as kind, how || attributes as what from reached where attributes <> ''
    union all
    select 'exceeds', 'is a member of ' || rolname from reached where rolname in ('pg_write_all_data', 'pg_read_server_files',
      'pg_write_server_files', 'pg_execute_server_program', 'pg_create_subscription', 'pg_maintain')
    union all
    select 'exceeds', 'owns the database' from pg_database where datname = current_database() and datdba in (select oid from reached)
    union all
    (select 'exceeds', 'owns ' || relname from pg_class
     where relnamespace = to_regnamespace('public') and relowner in (select oid from reached) order by relkind = 'r' desc, relname limit 1)
    union all
    (select 'exceeds', 'owns the function ' || proname from pg_proc
     where pronamespace = to_regnamespace('public') and proowner in (select oid from reached) order by proname limit 1)
    union all
    select 'exceeds', 'may create in the schema public' where has_schema_privilege(session_user, 'public', 'create')
    union all
    select 'exceeds', 'may create schemas' where has_database_privilege(session_user, current_database(), 'create')
    union all
    select 'exceeds', 'may grant ${APPLICATION_ROLE} to others' from own where pg_has_role(session_user, app, 'member with admin option')
    union all
    (select 'exceeds', 'may ' || lower(privilege) || ' ' || relname
     from own, pg_class c, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
     where relnamespace = to_regnamespace('public') and relkind in ('r', 'p', 'v', 'm')
       and has_table_privilege(session_user, c.oid, privilege) and not has_table_privilege(app, c.oid, privilege) limit 1)
    union all
    (select 'exceeds', 'may ' || lower(privilege) || ' ' || attrelid::regclass || '.' || attname
     from own, pg_attribute a, unnest(array['INSERT', 'UPDATE', 'REFERENCES']) privilege
     where attacl is not null and attrelid in (select oid from pg_class where relnamespace = to_regnamespace('public'))
       and has_column_privilege(session_user, attrelid, attnum, privilege) and not has_column_privilege(app, attrelid, attnum, privilege) limit 1)
    union all
    (select 'exceeds', 'may call ' || proname from own, pg_proc p where pronamespace = to_regnamespace('public')
       and has_function_privilege(session_user, p.oid, 'execute') and not has_function_privilege(app, p.oid, 'execute') limit 1)
    union all
    (select 'exceeds', 'may set ' || relname from own, pg_class c where relnamespace = to_regnamespace('public') and relkind = 'S'
       and has_sequence_privilege(session_user, c.oid, 'update') limit 1)
    union all
    select 'lacks', 'lacks the role ${APPLICATION_ROLE}, which does not exist' from own where app is null
    union all
    select 'lacks', 'lacks the role ${APPLICATION_ROLE}' from own where not pg_has_role(session_user, app, 'usage')
  )
  select session_user::text as "user", kind, what from (select 1) always left join wrong on true`;
