-- Tenants, the tools every tenant table is protected with, and the leader's fence.
--
-- Whoever runs the SECURITY DEFINER functions below acts as hermes_owner, and FORCE row-level security
-- binds hermes_owner too. It gets exactly this much:
--   * it is named in the four tenant policies of the few tables functions write to, so that each write
--     happens under one tenant's context, which the function sets and puts back;
--   * it may READ two tables across tenants (tenants here, sandbox_leases in V4), because finding a row
--     by the UID of a Kubernetes object comes before any tenant is known;
--   * it may read and write authn.key_digests, which holds no content of a tenant, across tenants.
-- All are entries of the reviewed allow-list of the meta-check.

-- Puts the four tenant policies on a table, always with the same text: the meta-check compares it, byte
-- for byte, with that of isolation_canary, which the operator's self-test then proves.
create function hermes.protect(p_table regclass, variadic p_also name[] default '{}') returns void
  language plpgsql
  set search_path = ''
as $$
declare
  c_own constant text :=
    'tenant_id = (select nullif(current_setting(''app.current_tenant'', true), '''')::uuid)';
  v_roles text;
begin
  select pg_catalog.string_agg(pg_catalog.quote_ident(r), ', ') into v_roles
    from pg_catalog.unnest('hermes_app'::name || p_also) as r;
  execute pg_catalog.format('alter table %s enable row level security', p_table);
  execute pg_catalog.format('alter table %s force row level security', p_table);
  execute pg_catalog.format(
    'create policy tenant_select on %s for select to %s using (%s)', p_table, v_roles, c_own);
  execute pg_catalog.format(
    'create policy tenant_insert on %s for insert to %s with check (%s)', p_table, v_roles, c_own);
  execute pg_catalog.format(
    'create policy tenant_update on %s for update to %s using (%s) with check (%s)',
    p_table, v_roles, c_own, c_own);
  execute pg_catalog.format(
    'create policy tenant_delete on %s for delete to %s using (%s)', p_table, v_roles, c_own);
end
$$;

-- Makes the partitions of every time-partitioned table: the default one, this month and the twelve after
-- it. Partitions carry row-level security but neither policies nor grants: they are reached through their
-- parent or not at all. The migrations call it; so may the operator, and a second call makes nothing.
create function hermes.ensure_partitions() returns int
  language plpgsql
  security definer
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
    select c.oid, c.relname
      from pg_catalog.pg_partitioned_table p
      join pg_catalog.pg_class c on c.oid = p.partrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'hermes'
     order by c.relname
  loop
    for v_month in -1 .. 12 loop
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
         where n.nspname = 'hermes' and c.relname = v_name);
      execute pg_catalog.format(
        'create table hermes.%I partition of hermes.%I %s', v_name, v_parent.relname, v_bounds);
      execute pg_catalog.format('alter table hermes.%I enable row level security', v_name);
      execute pg_catalog.format('alter table hermes.%I force row level security', v_name);
      v_made := v_made + 1;
    end loop;
  end loop;
  return v_made;
end
$$;
grant execute on function hermes.ensure_partitions() to hermes_provisioner;

-- A row is made once and never removed while anything of the tenant remains; a deleted tenant keeps it
-- with state 'deleted'. cr_uid is the UID of the Tenant object, so a recreated one is another tenant.
create table hermes.tenants (
  tenant_id uuid not null primary key,
  cr_uid text not null unique,
  name text not null,
  display_name text not null,
  namespace text,
  state text not null check (state in ('active', 'suspended', 'deleted')),
  generation bigint not null,
  config jsonb not null,
  fence bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
select hermes.protect('hermes.tenants', 'hermes_owner');
create policy owner_reads on hermes.tenants for select to hermes_owner using (true);
create policy provisioner_reads on hermes.tenants for select to hermes_provisioner using (true);
create policy platform_reads on hermes.tenants for select to hermes_platform using (true);
grant select on hermes.tenants to hermes_app, hermes_provisioner, hermes_platform;

-- What a deletion leaves behind: the data's fate is decided on this row, not on a Kubernetes object.
create table hermes.tenant_deletions (
  tenant_id uuid not null primary key,
  cr_uid text not null,
  name text not null,
  not_before timestamptz not null,
  policy text not null check (policy in ('Retain', 'Delete')),
  evidence jsonb not null,
  created_at timestamptz not null default now()
);
select hermes.protect('hermes.tenant_deletions', 'hermes_owner');

-- One random value a tenant, walled like every other table and read by nobody but the self-test.
create table hermes.isolation_canary (
  tenant_id uuid not null primary key,
  canary uuid not null default gen_random_uuid()
);
select hermes.protect('hermes.isolation_canary', 'hermes_owner', 'hermes_probe');
grant select, insert on hermes.isolation_canary to hermes_probe;

-- The epoch of the newest leader that has written. A paused old leader carries an older one.
create table provision.leader (
  only_row boolean not null primary key default true check (only_row),
  epoch bigint not null
);
insert into provision.leader (epoch) values (0);

-- Refuses an older leader (HX001), remembers a newer one. The shared lock is held to the end of the
-- transaction, so a newer leader waits for what an older one has begun. 0 means: no leader election.
create function provision.fence(p_epoch bigint) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_epoch bigint;
begin
  if p_epoch = 0 then
    return;
  end if;
  select l.epoch into v_epoch from provision.leader l;
  if p_epoch > v_epoch then
    update provision.leader l set epoch = p_epoch where l.epoch < p_epoch;
  end if;
  select l.epoch into v_epoch from provision.leader l for share;
  if p_epoch < v_epoch then
    raise exception 'leader epoch % is over: a leader with epoch % has taken over', p_epoch, v_epoch
      using errcode = 'HX001', hint = 'Stop this process; the new leader goes on with the work.';
  end if;
end
$$;
grant execute on function provision.fence(bigint) to hermes_provisioner;

grant select on flyway.flyway_schema_history to hermes_app, hermes_provisioner;
