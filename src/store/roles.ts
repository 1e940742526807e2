// The role that Backout works as: it can add events and read them, but has no right to change or remove one.
import type { ClientBase } from 'pg';

/** Works as it everywhere but in migrations and in the dispatcher's own tables. */
export const writerRole = 'backout_writer';

const grants = `
  grant usage on schema backout to ${writerRole};
  grant select on all tables in schema backout to ${writerRole};
  grant insert on backout.event to ${writerRole};
  grant insert, update, delete on backout.head, backout.summary, backout.deadline, backout.claim, backout.series,
    backout.node, backout.watch_state, backout.inbound to ${writerRole};
  grant usage on all sequences in schema backout to ${writerRole};
  grant execute on all functions in schema backout to ${writerRole};`;

/** Roles belong to the whole cluster: another database's Backout may have made it, or be making it now. */
const create = `do $$ begin
    if not exists (select from pg_roles where rolname = '${writerRole}') then
      create role ${writerRole} nologin;
    end if;
  exception when duplicate_object or unique_violation then null;
  end $$`;

/** Whether we may become that role; PostgreSQL 16 tells SET apart from MEMBER. */
const mayBecome = `select case when exists (select from pg_roles where rolname = '${writerRole}')
  then pg_has_role(current_user, '${writerRole}',
    case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
  and has_table_privilege('${writerRole}', 'backout.event', 'insert')
  else false end as yes`;

/** Makes the role where we may; answers a warning for people where we may not. */
export async function ensureWriter(client: ClientBase, changed: boolean): Promise<string | null> {
  if (!changed && (await asks(client, mayBecome))) return null;
  try {
    await client.query(create);
    if (
      !(await asks(client, `select pg_has_role(current_user, '${writerRole}', 'MEMBER') as yes`))
    ) {
      await client.query(`grant ${writerRole} to current_user`);
    }
    await client.query(grants);
    if (await asks(client, mayBecome)) return null;
    await client.query(`grant ${writerRole} to current_user with set true`);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `The journal is append-only by trigger alone: the role ${writerRole} could not be made (${why}). Let an administrator run: create role ${writerRole} nologin; grant ${writerRole} to <the user of Backout>`;
  }
}

async function asks(client: ClientBase, text: string): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(text);
  return rows[0]?.yes === true;
}
