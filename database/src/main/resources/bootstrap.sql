-- Roles, schemas and grants of Hermes. Run by a superuser on the database of Hermes: over JDBC by the
-- bootstrap Job, or by a DBA with `psql -1 -v ON_ERROR_STOP=1 -d hermes -f bootstrap.sql`.
-- Idempotent: a second run repairs what has drifted. It holds no password; set those afterwards.
-- BYPASSRLS can only be given by a superuser, hence this file and not a migration.

do $roles$
declare
  v_role text;
begin
  -- Role names live in the whole cluster; two databases may be bootstrapped at the same time.
  perform pg_advisory_xact_lock(hashtextextended('hermes bootstrap', 0));
  foreach v_role in array array[
    'hermes_owner', 'hermes_migrator', 'hermes_provisioner', 'hermes_probe', 'hermes_app',
    'hermes_authn', 'hermes_platform', 'hermes_jobs', 'hermes_backup'
  ] loop
    if not exists (select from pg_roles where rolname = v_role) then
      execute format('create role %I', v_role);
    end if;
  end loop;
end
$roles$;

-- Owns everything; nobody logs in as it.
alter role hermes_owner with nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit;
-- The migration Job alone. It acts as hermes_owner for DDL and as itself (BYPASSRLS) for data migrations.
alter role hermes_migrator with login nosuperuser nocreatedb nocreaterole noreplication bypassrls inherit;
-- Reads everything, writes nothing; pg_dump needs BYPASSRLS under FORCE.
alter role hermes_backup with login nosuperuser nocreatedb nocreaterole noreplication bypassrls inherit;
alter role hermes_provisioner with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
alter role hermes_probe with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
alter role hermes_app with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
alter role hermes_authn with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
alter role hermes_platform with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
alter role hermes_jobs with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;

do $members$
begin
  -- Granting twice only prints a notice; asking first keeps the log of a second run clean.
  if not pg_has_role('hermes_migrator', 'hermes_owner', 'member') then
    grant hermes_owner to hermes_migrator;
  end if;
  if not pg_has_role('hermes_backup', 'pg_read_all_data', 'member') then
    grant pg_read_all_data to hermes_backup;
  end if;
end
$members$;

-- A statement that runs away, an idle transaction or a lock queue must not take the pool with it.
do $settings$
declare
  v_role text;
begin
  foreach v_role in array array[
    'hermes_provisioner', 'hermes_probe', 'hermes_app', 'hermes_authn', 'hermes_platform', 'hermes_jobs'
  ] loop
    execute format('alter role %I set statement_timeout = %L', v_role, '30s');
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', v_role, '60s');
    execute format('alter role %I set lock_timeout = %L', v_role, '5s');
  end loop;
end
$settings$;
alter role hermes_migrator set lock_timeout = '30s';
alter role hermes_app set search_path = hermes;
alter role hermes_provisioner set search_path = hermes;
alter role hermes_probe set search_path = hermes;
alter role hermes_platform set search_path = hermes;
alter role hermes_jobs set search_path = hermes;
alter role hermes_authn set search_path = authn;
alter role hermes_migrator set search_path = pg_catalog;
alter role hermes_backup set search_path = pg_catalog;

create schema if not exists hermes authorization hermes_owner;
create schema if not exists authn authorization hermes_owner;
create schema if not exists lease authorization hermes_owner;
create schema if not exists provision authorization hermes_owner;
create schema if not exists flyway authorization hermes_owner;
alter schema hermes owner to hermes_owner;
alter schema authn owner to hermes_owner;
alter schema lease owner to hermes_owner;
alter schema provision owner to hermes_owner;
alter schema flyway owner to hermes_owner;

-- PostgreSQL lets everybody connect, make temporary tables and execute new functions. Not here.
do $public$
declare
  v_database text := current_database();
begin
  execute format('revoke all on database %I from public', v_database);
  execute format(
    'grant connect on database %I to hermes_migrator, hermes_provisioner, hermes_probe, hermes_app,'
      ' hermes_authn, hermes_platform, hermes_jobs, hermes_backup', v_database);
  if exists (select from pg_namespace where nspname = 'public') then
    revoke all on schema public from public;
  end if;
end
$public$;
revoke all on schema hermes, authn, lease, provision, flyway from public;
alter default privileges for role hermes_owner revoke execute on functions from public;
alter default privileges for role hermes_migrator revoke execute on functions from public;

grant usage on schema hermes to hermes_app, hermes_provisioner, hermes_probe, hermes_platform;
grant usage on schema authn to hermes_authn, hermes_provisioner;
grant usage on schema lease to hermes_app, hermes_provisioner;
grant usage on schema provision to hermes_provisioner;
-- Both processes ask which version the schema has before they serve.
grant usage on schema flyway to hermes_app, hermes_provisioner;
