-- Isolation Schema: the content of a tenant in a schema of its own, under the same row-level security, with
-- a login of its own. Decision 0016.

do $bootstrap$
begin
  if to_regnamespace('layout') is null
    or to_regprocedure('provision.tenant_role(uuid, boolean, text)') is null then
    raise exception 'bootstrap.sql of this release has not been run on this database'
      using hint = 'A superuser runs it, then the migration Job goes on.';
  end if;
end
$bootstrap$;

-- What is content: it lies in hermes for the tenants that share it and in the schema of each that does not.
-- Parents before those that refer to them. Every other tenant table of hermes is on the reviewed list of
-- the meta-check as one that stays at home, so that a table made later is one or the other.
create function layout.content_tables() returns table (name name, place int)
  language sql
  immutable
  set search_path = ''
as $$
  select c.name::name, c.place::int
    from pg_catalog.unnest(array[
      'isolation_canary', 'sessions', 'messages', 'usage_records', 'execution_receipts', 'audit_log'
    ]) with ordinality as c (name, place)
$$;
grant execute on function layout.content_tables()
  to hermes_app, hermes_authn, hermes_probe, hermes_provisioner;

-- One row a schema; the name says whose it is. Whoever runs the meta-check reads it, and the API, which serves
-- no tenant whose schema is older than it needs. Names and ids: what pg_namespace shows to everybody anyway.
create table layout.tenant_schemas (
  tenant_id uuid not null primary key,
  schema text not null unique
    generated always as ('hermes_t_' || replace(tenant_id::text, '-', '')) stored,
  version int not null,
  created_at timestamptz not null default now()
);
grant select on layout.tenant_schemas to hermes_app, hermes_authn, hermes_probe, hermes_provisioner;
grant select on flyway.flyway_schema_history to hermes_authn, hermes_probe;

-- The digest of what a login's password is checked against, so that the operator can tell whether the Secret
-- it has is the one in force.
create table provision.tenant_logins (
  tenant_id uuid not null primary key,
  verifier_sha256 bytea not null check (octet_length(verifier_sha256) = 32)
);

-- Makes the partitions of every time-partitioned table of one schema: the default one, this month and the
-- two after it; the operator calls it daily. More would cost: every query for the newest rows opens every
-- partition, and 500 schemas multiply them. Rows of a month that nobody made a partition for are in the
-- default one and stay there; that month then never gets its own.
create function provision.make_partitions(p_schema name) returns int
  language plpgsql
  set search_path = ''
as $$
declare
  v_parent record;
  v_from timestamptz;
  v_name text;
  v_bounds text;
  v_made int := 0;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('hermes partitions', 0));
  for v_parent in
    select c.relname
      from pg_catalog.pg_partitioned_table p
      join pg_catalog.pg_class c on c.oid = p.partrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = p_schema
     order by c.relname
  loop
    for v_month in -1 .. 2 loop
      if v_month = -1 then
        v_name := v_parent.relname || '_default';
        v_bounds := 'default';
      else
        v_from := pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC') at time zone 'UTC'
          + pg_catalog.make_interval(months => v_month);
        v_name := v_parent.relname || pg_catalog.to_char(v_from at time zone 'UTC', '"_"YYYY"_"MM');
        v_bounds := pg_catalog.format(
          'for values from (%L) to (%L)',
          pg_catalog.to_char(v_from at time zone 'UTC', 'YYYY-MM-DD 00:00:00+00'),
          pg_catalog.to_char(
            (v_from at time zone 'UTC') + interval '1 month', 'YYYY-MM-DD 00:00:00+00'));
      end if;
      continue when exists (
        select from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = p_schema and c.relname = v_name);
      begin
        execute pg_catalog.format(
          'create table %1$I.%2$I partition of %1$I.%3$I %4$s',
          p_schema, v_name, v_parent.relname, v_bounds);
        execute pg_catalog.format('alter table %I.%I enable row level security', p_schema, v_name);
        execute pg_catalog.format('alter table %I.%I force row level security', p_schema, v_name);
        v_made := v_made + 1;
      exception
        when check_violation then
          raise warning 'rows of %.% are in the default partition already', p_schema, v_name;
      end;
    end loop;
  end loop;
  return v_made;
end
$$;

create function hermes.ensure_partitions(p_schema name) returns int
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  if p_schema <> 'hermes'
    and not exists (select from layout.tenant_schemas s where s.schema = p_schema) then
    raise exception '% is no schema of tenants', p_schema using errcode = 'HX002';
  end if;
  return provision.make_partitions(p_schema);
end
$$;
grant execute on function hermes.ensure_partitions(name) to hermes_provisioner;

create or replace function hermes.ensure_partitions() returns int
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  return hermes.ensure_partitions('hermes'::name);
end
$$;

-- The schema of a tenant with every content table as hermes has it now: columns, checks, keys, indexes by
-- the same names, policies by hermes.protect(), grants word for word; and a check that every row is this
-- tenant's, which every table of a tenant's schema must have. Neither registers nor fills it; the
-- restore of a backup calls it before it brings the rows.
create function provision.clone_content(p_tenant uuid) returns name
  language plpgsql
  set search_path = ''
as $$
declare
  v_schema constant name := 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', '');
  v_table record;
  v_new text;
  v_part record;
  v_also name[];
begin
  execute pg_catalog.format('create schema %I authorization hermes_owner', v_schema);
  for v_part in
    select r.rolname
      from pg_catalog.pg_namespace n
     cross join lateral pg_catalog.aclexplode(n.nspacl) a
      join pg_catalog.pg_roles r on r.oid = a.grantee
     where n.nspname = 'hermes' and r.rolname in ('hermes_app', 'hermes_probe')
  loop
    execute pg_catalog.format('grant usage on schema %I to %I', v_schema, v_part.rolname);
  end loop;
  for v_table in
    select t.name, c.oid, c.relacl, c.relkind = 'p' as partitioned
      from layout.content_tables() t
      join pg_catalog.pg_class c on c.relname = t.name and c.relnamespace = 'hermes'::pg_catalog.regnamespace
     order by t.place
  loop
    v_new := pg_catalog.format('%I.%I', v_schema, v_table.name);
    execute pg_catalog.format(
      'create table %s (like %s including all excluding indexes) %s', v_new,
      v_table.oid::pg_catalog.regclass,
      case when v_table.partitioned
        then 'partition by ' || pg_catalog.pg_get_partkeydef(v_table.oid) end);
    -- Not even the tenant who is bound gets a row into the schema of another.
    execute pg_catalog.format(
      'alter table %s add constraint own_tenant check (tenant_id = %L)', v_new, p_tenant);
    -- Keys before what refers to them; a foreign key to content stays inside the schema.
    for v_part in
      select k.conname, pg_catalog.pg_get_constraintdef(k.oid) as def, p.relname as parent
        from pg_catalog.pg_constraint k
        left join pg_catalog.pg_class p
          on p.oid = k.confrelid and p.relnamespace = 'hermes'::pg_catalog.regnamespace
         and p.relname in (select t.name from layout.content_tables() t)
       where k.conrelid = v_table.oid and k.contype in ('p', 'u', 'f', 'x')
       order by pg_catalog.array_position(array['p', 'u', 'x', 'f']::"char"[], k.contype), k.conname
    loop
      execute pg_catalog.format(
        'alter table %s add constraint %I %s', v_new, v_part.conname,
        case when v_part.parent is null then v_part.def
          else pg_catalog.replace(
            v_part.def, pg_catalog.format('REFERENCES hermes.%I', v_part.parent),
            pg_catalog.format('REFERENCES %I.%I', v_schema, v_part.parent)) end);
    end loop;
    for v_part in
      select pg_catalog.regexp_replace(
               pg_catalog.pg_get_indexdef(x.indexrelid), ' ON (ONLY )?hermes\.\S+ USING ',
               ' ON ' || v_new || ' USING ') as def
        from pg_catalog.pg_index x
       where x.indrelid = v_table.oid
         and not exists (select from pg_catalog.pg_constraint k where k.conindid = x.indexrelid
                          and k.conrelid = x.indrelid)
    loop
      execute v_part.def;
    end loop;
    select pg_catalog.array_agg(r.rolname) into v_also
      from pg_catalog.pg_policy p
     cross join lateral pg_catalog.unnest(p.polroles) as o (oid)
      join pg_catalog.pg_roles r on r.oid = o.oid
     where p.polrelid = v_table.oid and p.polname = 'tenant_select';
    perform hermes.protect(v_new::pg_catalog.regclass, variadic v_also);
    for v_part in
      select r.rolname, a.privilege_type
        from pg_catalog.aclexplode(v_table.relacl) a
        join pg_catalog.pg_roles r on r.oid = a.grantee
       where r.rolname <> 'hermes_owner'
    loop
      execute pg_catalog.format('grant %s on %s to %I', v_part.privilege_type, v_new, v_part.rolname);
    end loop;
  end loop;
  perform provision.make_partitions(v_schema);
  return v_schema;
end
$$;

-- Makes the schema of a tenant, whole or not at all, and returns its version; nothing when it is there. HX007:
-- the database has as many as it may. Waits for a migration that is under way, which takes the same lock.
create function provision.create_schema(p_tenant uuid, p_fence bigint) returns int
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  c_most constant int := 500;
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_version int;
  v_schema name;
begin
  perform provision.fence(p_fence);
  select s.version into v_version from layout.tenant_schemas s where s.tenant_id = p_tenant;
  if found then
    return v_version;
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('hermes tenant schemas', 0));
  perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
  perform from hermes.tenants t
    where t.tenant_id = p_tenant and t.state <> 'deleted' for no key update;
  if not found then
    raise exception 'tenant % does not exist or is deleted: it gets no schema', p_tenant
      using errcode = 'HX002';
  end if;
  select s.version into v_version from layout.tenant_schemas s where s.tenant_id = p_tenant;
  if not found then
    if (select count(*) from layout.tenant_schemas s) >= c_most then
      raise exception 'this database has % schemas of tenants, the most it may have', c_most
        using errcode = 'HX007';
    end if;
    v_schema := provision.clone_content(p_tenant);
    select max(h.version::int) into v_version
      from flyway.flyway_schema_history h where h.success and h.version is not null;
    insert into layout.tenant_schemas (tenant_id, version) values (p_tenant, v_version);
    execute pg_catalog.format('insert into %I.isolation_canary (tenant_id) values ($1)', v_schema)
      using p_tenant;
  end if;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
  return v_version;
end
$$;
grant execute on function provision.create_schema(uuid, bigint) to hermes_provisioner;

-- Lets the tenant's login, if it has one, read every content table of its schema: a policy of its own with
-- the same words, and SELECT alone. The canary stays the self-test's. Called again after a migration.
create function provision.open_to_login(p_tenant uuid) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  c_own constant text :=
    'tenant_id = (select nullif(current_setting(''app.current_tenant'', true), '''')::uuid)';
  v_name constant name := 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', '');
  v_table name;
begin
  if not exists (select from pg_catalog.pg_roles r where r.rolname = v_name) then
    return;
  end if;
  for v_table in
    select t.name from layout.content_tables() t where t.name <> 'isolation_canary' order by t.place
  loop
    if not exists (
      select from pg_catalog.pg_policies p
       where p.schemaname = v_name and p.tablename = v_table and p.policyname = 'login_select') then
      execute pg_catalog.format(
        'create policy login_select on %1$I.%2$I for select to %1$I using (%3$s)',
        v_name, v_table, c_own);
    end if;
    execute pg_catalog.format('grant select on %1$I.%2$I to %1$I', v_name, v_table);
  end loop;
end
$$;

-- The login of a tenant that is not active neither logs in nor, where it still is, reads.
create function provision.switch_login(p_tenant uuid, p_on boolean) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_name constant name := 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', '');
begin
  if not exists (select from layout.tenant_schemas s where s.tenant_id = p_tenant)
    or not exists (select from pg_catalog.pg_roles r where r.rolname = v_name) then
    return;
  end if;
  perform provision.tenant_role(p_tenant, p_on, null);
  if p_on then
    execute pg_catalog.format('grant usage on schema %1$I to %1$I', v_name);
  else
    execute pg_catalog.format('revoke usage on schema %1$I from %1$I', v_name);
  end if;
end
$$;

create function provision.login_follows() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  perform provision.switch_login(new.tenant_id, new.state = 'active');
  return null;
end
$$;
create trigger login_follows after update of state on hermes.tenants for each row
  when (old.state is distinct from new.state)
  execute function provision.login_follows();

-- Gives the tenant its login, or the login its password, as a SCRAM-SHA-256 verifier: the password itself
-- never comes here. Repeating it changes nothing.
create function provision.tenant_login(p_tenant uuid, p_verifier text, p_fence bigint) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_name constant name := 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', '');
  v_state text;
begin
  perform provision.fence(p_fence);
  perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
  select t.state into v_state from hermes.tenants t
   where t.tenant_id = p_tenant and t.state <> 'deleted' for no key update;
  if not found or not exists (select from layout.tenant_schemas s where s.tenant_id = p_tenant) then
    raise exception 'tenant % has no schema of its own, or is deleted: it gets no login', p_tenant
      using errcode = 'HX002';
  end if;
  perform provision.tenant_role(p_tenant, v_state = 'active', p_verifier);
  execute pg_catalog.format(
    'grant connect on database %I to %I', pg_catalog.current_database(), v_name);
  perform provision.open_to_login(p_tenant);
  perform provision.switch_login(p_tenant, v_state = 'active');
  insert into provision.tenant_logins (tenant_id, verifier_sha256)
    values (p_tenant, pg_catalog.sha256(pg_catalog.convert_to(p_verifier, 'UTF8')))
    on conflict (tenant_id) do update set verifier_sha256 = excluded.verifier_sha256;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;
grant execute on function provision.tenant_login(uuid, text, bigint) to hermes_provisioner;

-- The schema of a tenant as the operator needs to know it: no row, none there. The digest is null while the
-- login is not let in here, whatever was noted, as after a restore.
create function provision.tenant_schema(p_tenant uuid)
  returns table (schema text, version int, verifier_sha256 bytea)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select s.schema, s.version,
           case when exists (
             select from pg_catalog.pg_policies p
              where p.schemaname = s.schema and p.policyname = 'login_select')
             then l.verifier_sha256 end
      from layout.tenant_schemas s
      left join provision.tenant_logins l on l.tenant_id = s.tenant_id
     where s.tenant_id = p_tenant;
end
$$;
grant execute on function provision.tenant_schema(uuid) to hermes_provisioner;

-- Ends the schema of a tenant, its role with it. The rows are gone already.
create function provision.drop_schema(p_tenant uuid) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_name constant name := 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', '');
begin
  execute pg_catalog.format('drop schema if exists %I cascade', v_name);
  if exists (select from pg_catalog.pg_roles r where r.rolname = v_name) then
    execute pg_catalog.format(
      'revoke connect on database %I from %I', pg_catalog.current_database(), v_name);
    perform provision.drop_tenant_role(p_tenant);
  end if;
  delete from provision.tenant_logins l where l.tenant_id = p_tenant;
  delete from layout.tenant_schemas s where s.tenant_id = p_tenant;
end
$$;

-- As before, for one tenant: the schemas of others hold nothing of it. What stays is written here; the audit
-- log of its own schema is emptied as well, into the one of hermes.
drop function provision.assert_purgeable();
drop function provision.purged_tables();
create function provision.purged_tables(p_tenant uuid) returns table (name regclass)
  language sql
  stable
  set search_path = ''
as $$
  with recursive emptied as (
    select c.oid
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute a
        on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relkind in ('r', 'p')
       and not c.relispartition
       and n.nspname <> 'information_schema'
       and n.nspname !~ '^pg_'
       and (n.nspname !~ '^hermes_t_[0-9a-f]{32}$'
         or n.nspname = 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', ''))
       and (n.nspname, c.relname) not in (
         ('hermes', 'tenants'), ('hermes', 'tenant_deletions'), ('hermes', 'purge_records'),
         ('hermes', 'audit_log'), ('layout', 'tenant_schemas'), ('provision', 'tenant_logins'),
         ('hermes_t_' || pg_catalog.replace(p_tenant::text, '-', ''), 'audit_log'))
  ), referred (oid, depth) as (
    select e.oid, 0 from emptied e
    union
    select k.confrelid, r.depth + 1
      from referred r
      join pg_catalog.pg_constraint k
        on k.conrelid = r.oid and k.contype = 'f' and k.confrelid <> k.conrelid
      join emptied e on e.oid = k.confrelid
     where r.depth < 32
  )
  select r.oid::pg_catalog.regclass
    from referred r
   group by r.oid
   order by max(r.depth), r.oid::pg_catalog.regclass::text
$$;

-- Refuses unless hermes_owner can see and delete the rows: rows it cannot see would count as gone.
create function provision.assert_purgeable(p_tenant uuid) returns void
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_blind text;
begin
  select pg_catalog.string_agg(t.name::text, ', ') into v_blind
    from (
      select p.name from provision.purged_tables(p_tenant) p
      union all
      select c.oid::pg_catalog.regclass
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relname = 'audit_log'
         and n.nspname in ('hermes', 'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', ''))
    ) t
   where exists (
     select from pg_catalog.unnest(array['r', 'w', 'd']::"char"[]) as c (command)
      where not exists (
        select from pg_catalog.pg_policy p
         where p.polrelid = t.name
           and p.polcmd in (c.command, '*')
           and 'hermes_owner'::pg_catalog.regrole = any (p.polroles)));
  if v_blind is not null then
    raise exception 'a purge does not reach the rows of %', v_blind
      using errcode = 'HX005', hint = 'Protect the table with hermes.protect().';
  end if;
end
$$;

-- Moves about p_batch entries of the audit log of a tenant's own schema home, as the skeleton that stays;
-- returns how many went. The copy in hermes is made in the transaction that removes the original.
create function provision.bring_audit_home(p_tenant uuid, p_batch bigint) returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  c_kind constant text := '^(key|user|service|system|unknown)$';
  v_rows bigint := 0;
begin
  if exists (select from layout.tenant_schemas s where s.tenant_id = p_tenant) then
    execute pg_catalog.format(
      'with gone as ('
        ' delete from %1$I.audit_log where tenant_id = $1'
        ' and ctid = any (array(select ctid from %1$I.audit_log where tenant_id = $1 limit $2))'
        ' returning *)'
        ' insert into hermes.audit_log'
        ' (tenant_id, audit_id, actor, action, object, outcome, detail, request_id, created_at)'
        ' select tenant_id, audit_id,'
        ' case when pg_catalog.split_part(actor, '':'', 1) ~ $3'
        ' then pg_catalog.split_part(actor, '':'', 1) else ''unknown'' end,'
        ' action, '''', outcome, ''{}'', null, created_at from gone',
      'hermes_t_' || pg_catalog.replace(p_tenant::text, '-', ''))
      using p_tenant, p_batch, c_kind;
    get diagnostics v_rows = row_count;
  end if;
  return v_rows;
end
$$;

-- Removes about p_batch rows of a deleted tenant; true: none is left, and the record says so. Refused
-- (HX004) unless the deletion asks for it, its time has come, nothing holds it and the breaker is closed,
-- looked at anew by every call. With the last row goes the tenant's own schema and its login.
create or replace function provision.purge_tenant(p_tenant uuid, p_batch int, p_fence bigint)
  returns boolean
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  c_kind constant text := '^(key|user|service|system|unknown)$';
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_state text;
  v_deletion hermes.tenant_deletions;
  v_refused text;
  v_table regclass;
  v_left bigint := p_batch;
  v_rows bigint;
  v_counts jsonb := '{}';
  v_some boolean;
begin
  perform provision.fence(p_fence);
  perform provision.assert_purgeable(p_tenant);
  perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
  select t.state into v_state from hermes.tenants t where t.tenant_id = p_tenant for no key update;
  select d.* into v_deletion
    from hermes.tenant_deletions d
   where d.tenant_id = p_tenant and d.restored_at is null
     for no key update;
  v_refused := case
    when v_state is null then 'is unknown'
    when v_state <> 'deleted' then 'is ' || v_state
    when v_deletion.tenant_id is null then 'has no open deletion'
    when v_deletion.purged_at is not null then 'is purged already'
    when v_deletion.policy <> 'Delete' then 'is to be retained'
    when v_deletion.not_before > pg_catalog.clock_timestamp() then
      'is to be kept until ' || v_deletion.not_before
    when v_deletion.legal_hold <> '[]' then 'is under legal hold'
    when (select b.open from provision.purge_breaker() b) then
      'waits for the platform to acknowledge a mass deletion'
    when p_batch < 1 then 'cannot be purged by less than a row'
  end;
  if v_refused is not null then
    raise exception 'tenant % %: nothing is purged', p_tenant, v_refused using errcode = 'HX004';
  end if;

  insert into hermes.purge_records (tenant_id, cr_uid, name, evidence_sha256)
    values (
      p_tenant, v_deletion.cr_uid, v_deletion.name,
      pg_catalog.sha256(pg_catalog.convert_to(
        pg_catalog.jsonb_build_object(
          'tenantId', v_deletion.tenant_id, 'crUid', v_deletion.cr_uid, 'name', v_deletion.name,
          'policy', v_deletion.policy, 'notBefore', v_deletion.not_before,
          'evidence', v_deletion.evidence, 'legalHold', v_deletion.legal_hold,
          'deletedAt', v_deletion.created_at)::text,
        'UTF8')))
    on conflict (tenant_id) do nothing;
  select r.counts into v_counts from hermes.purge_records r where r.tenant_id = p_tenant;

  -- A ctid names a row of each partition, so a few rows more may go than asked for; all are this tenant's.
  for v_table in select p.name from provision.purged_tables(p_tenant) p loop
    exit when v_left <= 0;
    execute pg_catalog.format(
      'delete from %1$s where tenant_id = $1'
        ' and ctid = any (array(select ctid from %1$s where tenant_id = $1 limit $2))', v_table)
      using p_tenant, v_left;
    get diagnostics v_rows = row_count;
    v_left := v_left - v_rows;
    v_counts := v_counts || pg_catalog.jsonb_build_object(
      v_table::text, coalesce((v_counts ->> v_table::text)::bigint, 0) + v_rows);
  end loop;
  if v_left > 0 then
    v_rows := provision.bring_audit_home(p_tenant, v_left);
    v_left := v_left - v_rows;
    v_counts := v_counts || pg_catalog.jsonb_build_object(
      'hermes.audit_log', coalesce((v_counts ->> 'hermes.audit_log')::bigint, 0) + v_rows);
  end if;
  -- Of the audit log stay: id, time, action, outcome and the kind of actor ("key" of "key:…").
  if v_left > 0 then
    update hermes.audit_log a
       set actor = case when pg_catalog.split_part(a.actor, ':', 1) ~ c_kind
                     then pg_catalog.split_part(a.actor, ':', 1) else 'unknown' end,
           object = '', detail = '{}', request_id = null
     where a.tenant_id = p_tenant
       and (a.object <> '' or a.detail <> '{}' or a.request_id is not null or a.actor !~ c_kind)
       and a.ctid = any (array(
         select s.ctid from hermes.audit_log s
          where s.tenant_id = p_tenant
            and (s.object <> '' or s.detail <> '{}' or s.request_id is not null
              or s.actor !~ c_kind)
          limit v_left));
    get diagnostics v_rows = row_count;
    v_left := v_left - v_rows;
    v_counts := v_counts || pg_catalog.jsonb_build_object(
      'hermes.audit_log', coalesce((v_counts ->> 'hermes.audit_log')::bigint, 0) + v_rows);
  end if;
  update hermes.purge_records r set counts = v_counts where r.tenant_id = p_tenant;

  if v_left > 0 then
    for v_table in select p.name from provision.purged_tables(p_tenant) p loop
      execute pg_catalog.format('select exists (select from %s where tenant_id = $1)', v_table)
        into v_some using p_tenant;
      if v_some then
        raise exception 'rows of tenant % are left in %', p_tenant, v_table using errcode = 'HX005';
      end if;
    end loop;
    perform provision.drop_schema(p_tenant);
    update hermes.tenants t
       set display_name = '', namespace = null, config = '{}', fence = p_fence,
           updated_at = pg_catalog.clock_timestamp()
     where t.tenant_id = p_tenant;
    update hermes.tenant_deletions d set purged_at = pg_catalog.clock_timestamp()
     where d.tenant_id = p_tenant and d.restored_at is null;
    update hermes.purge_records r set finished_at = pg_catalog.clock_timestamp()
     where r.tenant_id = p_tenant;
  end if;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
  return v_left > 0;
end
$$;

-- Whoever may connect may listen, now also the logins of tenants: which key has changed is nobody's business,
-- and who listens asks for the epoch anyway.
create or replace function authn.key_changed() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  update authn.revocations set epoch = epoch + 1;
  perform pg_catalog.pg_notify('hermes_authn', '*');
  return null;
end
$$;

-- The months beyond the next two, which V1 made ahead. One that was ever written to has pages and stays.
do $later$
declare
  v_partition regclass;
begin
  for v_partition in
    select c.oid::pg_catalog.regclass
      from pg_catalog.pg_inherits i
      join pg_catalog.pg_class c on c.oid = i.inhrelid
     where c.relnamespace = 'hermes'::pg_catalog.regnamespace
       and c.relkind = 'r'
       and c.relname ~ '_\d{4}_\d{2}$'
       and pg_catalog.right(c.relname, 7)
         > pg_catalog.to_char((pg_catalog.now() + interval '2 months') at time zone 'UTC', 'YYYY"_"MM')
       and pg_catalog.pg_relation_size(c.oid) = 0
  loop
    execute pg_catalog.format('drop table %s', v_partition);
  end loop;
end
$later$;
