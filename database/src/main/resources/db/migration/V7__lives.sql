-- How a tenant's data ends, or comes back: restore and adoption, purge, and the breaker that stops purges
-- after a mass deletion. Every door is a SECURITY DEFINER function behind the leader's fence.

-- The purge has to reach the rows of every tenant table, and only those of the tenant it has as context.
-- So hermes_owner, whom FORCE binds, is named in the four tenant policies of each one; protect() sees to it
-- for tables made from now on, the loop for those that are here. The meta-check demands it.
create or replace function hermes.protect(p_table regclass, variadic p_also name[] default '{}')
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  c_own constant text :=
    'tenant_id = (select nullif(current_setting(''app.current_tenant'', true), '''')::uuid)';
  v_roles text;
begin
  select pg_catalog.string_agg(distinct pg_catalog.quote_ident(r), ', ') into v_roles
    from pg_catalog.unnest(array['hermes_app', 'hermes_owner']::name[] || p_also) as r;
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

do $owner$
declare
  v_policy record;
begin
  for v_policy in
    select p.polname, p.polrelid::regclass as name,
           (select pg_catalog.string_agg(pg_catalog.quote_ident(r.rolname), ', ')
              from pg_catalog.pg_roles r where r.oid = any (p.polroles)) as roles
      from pg_catalog.pg_policy p
     where p.polname in ('tenant_select', 'tenant_insert', 'tenant_update', 'tenant_delete')
       and not 'hermes_owner'::regrole = any (p.polroles)
  loop
    execute pg_catalog.format(
      'alter policy %I on %s to %s, hermes_owner', v_policy.polname, v_policy.name, v_policy.roles);
  end loop;
end
$owner$;

-- The cluster whose Tenant object a row stands for, by the UID of its namespace kube-system. Null: written
-- by an operator from before this migration and not looked at since.
alter table hermes.tenants add column cluster_uid text;

-- A tenant that was restored may be deleted again: one row for each deleted object, one open row a tenant.
alter table hermes.tenant_deletions
  drop constraint tenant_deletions_pkey,
  add primary key (tenant_id, cr_uid),
  add column legal_hold jsonb not null default '[]',
  add column restored_at timestamptz,
  add column restored_by text,
  add column purged_at timestamptz;
create unique index tenant_deletions_open on hermes.tenant_deletions (tenant_id)
  where restored_at is null;
create policy owner_reads on hermes.tenant_deletions for select to hermes_owner using (true);

-- What stays of a purged tenant, beside the tombstone in tenants and the skeleton of its audit log.
create table hermes.purge_records (
  tenant_id uuid not null primary key,
  cr_uid text not null,
  name text not null,
  counts jsonb not null default '{}',
  evidence_sha256 bytea not null check (octet_length(evidence_sha256) = 32),
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
select hermes.protect('hermes.purge_records');

-- Up to when the platform has said that the deletions are meant.
create table provision.deletions_acknowledged (
  only_row boolean not null primary key default true check (only_row),
  until timestamptz not null default '-infinity'
);
insert into provision.deletions_acknowledged default values;

-- As before, and remembers the cluster; the older form stays for the operator of the last release.
create function provision.upsert_tenant(
  p_cr_uid text, p_tenant uuid, p_name text, p_display_name text, p_namespace text, p_state text,
  p_generation bigint, p_config jsonb, p_cluster text, p_fence bigint) returns uuid
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_tenant uuid;
begin
  v_tenant := provision.upsert_tenant(
    p_cr_uid, p_tenant, p_name, p_display_name, p_namespace, p_state, p_generation, p_config, p_fence);
  perform pg_catalog.set_config('app.current_tenant', v_tenant::text, true);
  update hermes.tenants t set cluster_uid = p_cluster
   where t.tenant_id = v_tenant and t.state <> 'deleted' and t.cluster_uid is distinct from p_cluster;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
  return v_tenant;
end
$$;

-- The one way a tenant ends. Its keys are revoked, its sandboxes are over, its row says 'deleted', and the
-- deletion row, written once, says what happens to the data and when. A purge is at least an hour away, the
-- time over which the breaker counts: the first of many deletions must not be through before the fourth.
create function provision.delete_tenant(
  p_tenant uuid, p_cr_uid text, p_name text, p_policy text, p_grace_days int, p_legal_hold jsonb,
  p_evidence jsonb, p_fence bigint) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
begin
  perform provision.fence(p_fence);
  perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
  perform from hermes.tenants t
    where t.tenant_id = p_tenant and t.cr_uid = p_cr_uid
      for no key update;
  if not found then
    raise exception 'tenant % is not the one of Tenant object %: nothing is deleted', p_tenant, p_cr_uid
      using errcode = 'HX003';
  end if;
  perform authn.revoke_tenant(p_tenant, p_fence);
  insert into hermes.tenant_deletions (
      tenant_id, cr_uid, name, policy, not_before, legal_hold, evidence)
    values (
      p_tenant, p_cr_uid, p_name, p_policy,
      pg_catalog.now() + greatest(pg_catalog.make_interval(days => p_grace_days), interval '1 hour'),
      p_legal_hold, p_evidence)
    on conflict (tenant_id, cr_uid) do nothing;
  update hermes.tenants t
     set state = 'deleted', fence = p_fence, updated_at = pg_catalog.clock_timestamp()
   where t.tenant_id = p_tenant and t.state <> 'deleted';
  update hermes.sandbox_leases l
     set state = case when l.pod_uid is null then 'closed' else 'over' end
   where l.tenant_id = p_tenant and l.state in ('reserved', 'active');
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;

-- For the operator of the last release, which knew Retain alone.
create or replace function provision.delete_tenant(
  p_tenant uuid, p_cr_uid text, p_name text, p_policy text, p_not_before timestamptz, p_evidence jsonb,
  p_fence bigint) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform provision.delete_tenant(
    p_tenant, p_cr_uid, p_name, 'Retain', 0, '[]'::jsonb, p_evidence, p_fence);
end
$$;

-- Which object a tenant id belongs to, and whether its data is gone or going.
create function provision.holder(p_tenant uuid)
  returns table (cr_uid text, name text, state text, cluster_uid text, purged boolean)
  language plpgsql
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
begin
  perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
  return query
    select t.cr_uid, t.name, t.state, t.cluster_uid,
           exists (select from hermes.purge_records r where r.tenant_id = p_tenant)
      from hermes.tenants t
     where t.tenant_id = p_tenant;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;

-- Gives a tenant's data to another Tenant object: the restore of a deleted tenant, or the adoption of one
-- whose object was lost. p_former is the object the caller made sure is gone; when the row has moved on
-- since, or a purge has begun, nothing happens (HX006). Keys of Kubernetes objects stay or become revoked,
-- for nobody could revoke them any more. The state is 'suspended' until the new object's own is written.
create function provision.adopt_tenant(
  p_tenant uuid, p_former text, p_cr_uid text, p_name text, p_cluster text, p_fence bigint)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_holder text;
begin
  perform provision.fence(p_fence);
  perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
  select t.cr_uid into v_holder from hermes.tenants t where t.tenant_id = p_tenant for no key update;
  if v_holder = p_cr_uid then
    perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
    return;
  end if;
  if v_holder is distinct from p_former then
    raise exception 'tenant % does not belong to Tenant object % (any more)', p_tenant, p_former
      using errcode = 'HX006';
  end if;
  if exists (select from hermes.purge_records r where r.tenant_id = p_tenant) then
    raise exception 'the data of tenant % is purged', p_tenant using errcode = 'HX006';
  end if;
  if exists (select from hermes.tenants t where t.cr_uid = p_cr_uid) then
    raise exception 'Tenant object % has data of its own', p_cr_uid using errcode = 'HX006';
  end if;
  update authn.key_digests k set revoked_at = pg_catalog.clock_timestamp(), fence = p_fence
   where k.tenant_id = p_tenant and k.source = 'cr' and k.revoked_at is null;
  update hermes.tenant_deletions d
     set restored_at = pg_catalog.clock_timestamp(), restored_by = p_cr_uid
   where d.tenant_id = p_tenant and d.restored_at is null;
  update hermes.tenants t
     set cr_uid = p_cr_uid, name = p_name, state = 'suspended', namespace = null,
         cluster_uid = p_cluster, fence = p_fence, updated_at = pg_catalog.clock_timestamp()
   where t.tenant_id = p_tenant;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;

-- More than three tenants, or 1 % of all when that is more, deleted within an hour: somebody's mistake or
-- somebody's attack until the platform says otherwise. A restored tenant does not count.
create function provision.purge_breaker()
  returns table (open boolean, deleted int, allowed int, latest timestamptz)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_most bigint;
  v_latest timestamptz;
  v_allowed bigint;
begin
  select coalesce(max(w.within_hour), 0), max(w.created_at) into v_most, v_latest
    from (
      select d.created_at,
             count(*) over (
               order by d.created_at range between interval '1 hour' preceding and current row
             ) as within_hour
        from hermes.tenant_deletions d
       where d.restored_at is null
         and d.created_at > (select a.until from provision.deletions_acknowledged a)
    ) w;
  select greatest(3, (count(*) + v_most) / 100) into v_allowed
    from hermes.tenants t where t.state <> 'deleted';
  return query select v_most > v_allowed, v_most::int, v_allowed::int, v_latest;
end
$$;

-- The platform says that the deletions up to a time are meant. True: this moved the time on. A time to come
-- is refused: it would leave the breaker off.
create function provision.acknowledge_deletions(p_until timestamptz, p_fence bigint) returns boolean
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform provision.fence(p_fence);
  if p_until > pg_catalog.clock_timestamp() + interval '1 minute' then
    raise exception 'deletions up to % cannot be acknowledged before that time', p_until
      using errcode = 'HX004';
  end if;
  update provision.deletions_acknowledged a set until = p_until where a.until < p_until;
  return found;
end
$$;

-- The tables a purge empties, those that refer to others first. From the catalog, so that a table made
-- later is not forgotten; what stays is written here: tombstone, deletions, purge records, audit skeleton.
create function provision.purged_tables() returns table (name regclass)
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
       and c.oid <> all (array[
         'hermes.tenants', 'hermes.tenant_deletions', 'hermes.purge_records', 'hermes.audit_log'
       ]::pg_catalog.regclass[])
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
create function provision.assert_purgeable() returns void
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_blind text;
begin
  select pg_catalog.string_agg(t.name::text, ', ') into v_blind
    from (
      select p.name from provision.purged_tables() p
      union all
      select 'hermes.audit_log'::pg_catalog.regclass
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

-- Deletions whose time has come.
create function provision.due_purges() returns table (tenant_id uuid, name text)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select d.tenant_id, d.name
      from hermes.tenant_deletions d
     where d.policy = 'Delete'
       and d.restored_at is null
       and d.purged_at is null
       and d.legal_hold = '[]'
       and d.not_before <= pg_catalog.clock_timestamp()
     order by d.not_before, d.tenant_id
     limit 100;
end
$$;

-- Removes about p_batch rows of a deleted tenant; true: none is left, and the record says so. Refused
-- (HX004) unless the deletion asks for it, its time has come, nothing holds it and the breaker is closed,
-- looked at anew by every call.
create function provision.purge_tenant(p_tenant uuid, p_batch int, p_fence bigint) returns boolean
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
  perform provision.assert_purgeable();
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
  for v_table in select p.name from provision.purged_tables() p loop
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
    for v_table in select p.name from provision.purged_tables() p loop
      execute pg_catalog.format('select exists (select from %s where tenant_id = $1)', v_table)
        into v_some using p_tenant;
      if v_some then
        raise exception 'rows of tenant % are left in %', p_tenant, v_table using errcode = 'HX005';
      end if;
    end loop;
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

grant execute on function provision.upsert_tenant(
  text, uuid, text, text, text, text, bigint, jsonb, text, bigint) to hermes_provisioner;
grant execute on function provision.delete_tenant(
  uuid, text, text, text, int, jsonb, jsonb, bigint) to hermes_provisioner;
grant execute on function provision.holder(uuid) to hermes_provisioner;
grant execute on function provision.adopt_tenant(uuid, text, text, text, text, bigint)
  to hermes_provisioner;
grant execute on function provision.purge_breaker() to hermes_provisioner;
grant execute on function provision.acknowledge_deletions(timestamptz, bigint) to hermes_provisioner;
grant execute on function provision.due_purges() to hermes_provisioner;
grant execute on function provision.purge_tenant(uuid, int, bigint) to hermes_provisioner;
