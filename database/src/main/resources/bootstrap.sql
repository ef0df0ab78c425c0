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
    'hermes_authn', 'hermes_platform', 'hermes_jobs', 'hermes_backup', 'hermes_roles'
  ] loop
    if not exists (select from pg_roles where rolname = v_role) then
      execute format('create role %I', v_role);
    end if;
  end loop;
end
$roles$;

-- Owns everything; nobody logs in as it.
alter role hermes_owner with nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit;
-- Makes, changes and drops the logins of tenants with a schema of their own. Nobody logs in as it and nobody
-- is a member: it owns the two functions at the end of this file, which can do that and no more.
alter role hermes_roles with nologin nosuperuser nocreatedb createrole noreplication nobypassrls inherit;
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
-- A leader that is paused in a transaction holds the fence; the next one must not wait a minute for it.
alter role hermes_provisioner set idle_in_transaction_session_timeout = '5s';
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
create schema if not exists layout authorization hermes_owner;
create schema if not exists flyway authorization hermes_owner;
alter schema hermes owner to hermes_owner;
alter schema authn owner to hermes_owner;
alter schema lease owner to hermes_owner;
alter schema provision owner to hermes_owner;
alter schema layout owner to hermes_owner;
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
  -- Schemas of tenants, and connections of their logins to this database and no other.
  execute format('grant create on database %I to hermes_owner', v_database);
  execute format('grant connect on database %I to hermes_owner with grant option', v_database);
  if exists (select from pg_namespace where nspname = 'public') then
    revoke all on schema public from public;
  end if;
end
$public$;

-- No policy covers large objects, and PostgreSQL lets everybody make them.
do $large_objects$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_proc p
     where p.pronamespace = 'pg_catalog'::regnamespace
       and (p.proname ~ '^lo_' or p.proname in ('loread', 'lowrite'))
       and has_function_privilege('public', p.oid, 'execute')
  loop
    execute format('revoke execute on function %s from public', v_function);
  end loop;
end
$large_objects$;

-- Advisory locks know no owner: a tenant's login could hold those that others wait for.
do $locks$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_proc p
     where p.pronamespace = 'pg_catalog'::regnamespace
       and p.proname ~ '^pg_(try_)?advisory_'
       and has_function_privilege('public', p.oid, 'execute')
  loop
    execute format('revoke execute on function %s from public', v_function);
    execute format('grant execute on function %s to hermes_owner, hermes_app', v_function);
  end loop;
end
$locks$;

revoke all on schema hermes, authn, lease, provision, layout, flyway from public;
alter default privileges for role hermes_owner revoke execute on functions from public;
alter default privileges for role hermes_migrator revoke execute on functions from public;

grant usage on schema hermes to hermes_app, hermes_provisioner, hermes_probe, hermes_platform;
grant usage on schema authn to hermes_authn, hermes_provisioner;
grant usage on schema lease to hermes_app, hermes_provisioner;
grant usage on schema provision to hermes_provisioner;
-- Whoever runs the meta-check asks what is where.
grant usage on schema layout to hermes_app, hermes_authn, hermes_probe, hermes_provisioner;
-- Both processes ask which version the schema has before they serve; so does the meta-check.
grant usage on schema flyway to hermes_app, hermes_authn, hermes_probe, hermes_provisioner;

-- The logins of tenants. PostgreSQL lets only a superuser, or who is given it, make a default of app.*.
grant set on parameter app.current_tenant to hermes_roles;

-- Makes the login of a tenant, lets it log in or not, and sets its password when given one, which must be a
-- SCRAM-SHA-256 verifier: a password in clear would stand in the server's log. The tenant is the login's
-- default, so that a reporting tool sees its rows without doing anything; another one shows it nothing.
create or replace function provision.tenant_role(p_tenant uuid, p_login boolean, p_verifier text)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_role constant name := 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', '');
  v_setting record;
begin
  if p_verifier !~
    '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=]{20,}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$' then
    raise exception 'the password of a login comes here as a SCRAM-SHA-256 verifier only'
      using errcode = 'HX008';
  end if;
  if not exists (select from pg_catalog.pg_roles r where r.rolname = v_role) then
    execute pg_catalog.format('create role %I nologin noinherit connection limit 5', v_role);
    for v_setting in
      select * from (values
        ('app.current_tenant', p_tenant::text), ('search_path', v_role::text),
        ('default_transaction_read_only', 'on'), ('statement_timeout', '5min'),
        ('idle_in_transaction_session_timeout', '60s'), ('lock_timeout', '5s')
      ) as s (name, value)
    loop
      execute pg_catalog.format('alter role %I set %s = %L', v_role, v_setting.name, v_setting.value);
    end loop;
  end if;
  if p_login is distinct from (
    select r.rolcanlogin from pg_catalog.pg_roles r where r.rolname = v_role) then
    execute pg_catalog.format(
      'alter role %I %s', v_role, case when p_login then 'login' else 'nologin' end);
  end if;
  if p_verifier is not null then
    execute pg_catalog.format('alter role %I password %L', v_role, p_verifier);
  end if;
end
$$;
alter function provision.tenant_role(uuid, boolean, text) owner to hermes_roles;

-- Drops the login of a tenant, and what it may have left: it can make nothing, but may change the defaults
-- of what it would make, which would keep it alive.
create or replace function provision.drop_tenant_role(p_tenant uuid) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_role constant name := 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', '');
begin
  execute pg_catalog.format('grant %I to hermes_roles', v_role);
  execute pg_catalog.format('drop owned by %I', v_role);
  execute pg_catalog.format('drop role %I', v_role);
end
$$;
alter function provision.drop_tenant_role(uuid) owner to hermes_roles;
revoke all on function provision.tenant_role(uuid, boolean, text), provision.drop_tenant_role(uuid)
  from public, hermes_owner;
grant execute on function provision.tenant_role(uuid, boolean, text), provision.drop_tenant_role(uuid)
  to hermes_owner;
