-- Who holds which sandbox. The API reserves and renews under its tenant's context; the operator learns
-- ids and times of what is over, and nothing else. States: reserved → active → over → closed.

create table hermes.sandbox_leases (
  tenant_id uuid not null,
  lease_id uuid not null,
  user_id text not null,
  session_id text,
  policy text not null,
  namespace text not null,
  pod_name text,
  pod_uid text,
  pod_ip text,
  state text not null check (state in ('reserved', 'active', 'over', 'closed')),
  created_at timestamptz not null default now(),
  renewed_at timestamptz not null default now(),
  idle_until timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, lease_id)
);
-- A session has one live sandbox a policy.
create unique index sandbox_leases_session
  on hermes.sandbox_leases (tenant_id, user_id, session_id, policy)
  where state in ('reserved', 'active') and session_id is not null;
-- Small: closed leases are the many. The operator's look across tenants reads all of it.
create index sandbox_leases_open on hermes.sandbox_leases (tenant_id, lease_id) where state <> 'closed';
select hermes.protect('hermes.sandbox_leases', 'hermes_owner');
create policy owner_reads on hermes.sandbox_leases for select to hermes_owner using (true);
grant select, insert, update on hermes.sandbox_leases to hermes_app;

-- Finds the caller's live lease or reserves one, never more than p_max at a time: every pod counts until
-- the operator has closed it. The lock serialises one tenant, not the others.
create function lease.reserve(
  p_tenant uuid, p_lease uuid, p_user text, p_session text, p_policy text, p_namespace text, p_max int,
  p_idle interval, p_lifetime interval)
  returns table (
    lease_id uuid, pod_name text, pod_uid text, pod_ip text, state text, outcome text)
  language plpgsql
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_open int;
begin
  perform pg_catalog.pg_advisory_xact_lock(
    pg_catalog.hashtextextended('lease ' || p_tenant::text, 0));
  v_now := pg_catalog.clock_timestamp();

  update hermes.sandbox_leases l
     set state = case when l.pod_uid is null then 'closed' else 'over' end
   where l.tenant_id = p_tenant
     and (l.state in ('reserved', 'active') and least(l.idle_until, l.expires_at) <= v_now
       or l.state = 'over' and l.pod_uid is null);

  return query
    update hermes.sandbox_leases l set renewed_at = v_now, idle_until = v_now + p_idle
     where l.tenant_id = p_tenant
       and l.state in ('reserved', 'active')
       and (l.lease_id = p_lease
         or (l.user_id = p_user and l.session_id = p_session and l.policy = p_policy))
    returning l.lease_id, l.pod_name, l.pod_uid, l.pod_ip, l.state, 'existing'::text;
  if found then
    return;
  end if;

  select count(*) into v_open
    from hermes.sandbox_leases l
   where l.tenant_id = p_tenant and l.state <> 'closed';
  if v_open >= p_max then
    return query select null::uuid, null::text, null::text, null::text, null::text, 'full'::text;
    return;
  end if;

  return query
    insert into hermes.sandbox_leases as l (
        tenant_id, lease_id, user_id, session_id, policy, namespace, state, created_at, renewed_at,
        idle_until, expires_at)
      values (
        p_tenant, p_lease, p_user, p_session, p_policy, p_namespace, 'reserved', v_now, v_now,
        v_now + p_idle, v_now + p_lifetime)
      returning l.lease_id, l.pod_name, l.pod_uid, l.pod_ip, l.state, 'reserved'::text;
end
$$;
grant execute on function lease.reserve(
  uuid, uuid, text, text, text, text, int, interval, interval) to hermes_app;

-- The pods that may go: their lease is idle, at its end, given up, or its tenant is not active. Each is
-- marked 'over' on the way out, so a lease listed here cannot come back to life.
create function lease.over()
  returns table (pod_uid text, namespace text, pod_name text, lease_id uuid, tenant_id uuid)
  language plpgsql
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_lease record;
begin
  for v_lease in
    select l.tenant_id, l.lease_id, t.state <> 'active' as tenant_gone
      from hermes.sandbox_leases l
      join hermes.tenants t on t.tenant_id = l.tenant_id
     where l.state <> 'closed'
       and l.pod_uid is not null
       and (l.state = 'over'
         or least(l.idle_until, l.expires_at) <= pg_catalog.clock_timestamp()
         or t.state <> 'active')
     order by l.tenant_id, l.lease_id
  loop
    perform pg_catalog.set_config('app.current_tenant', v_lease.tenant_id::text, true);
    return query
      update hermes.sandbox_leases l set state = 'over'
       where l.tenant_id = v_lease.tenant_id
         and l.lease_id = v_lease.lease_id
         and (l.state = 'over'
           or (l.state in ('reserved', 'active')
             and (v_lease.tenant_gone
               or least(l.idle_until, l.expires_at) <= pg_catalog.clock_timestamp())))
      returning l.pod_uid, l.namespace, l.pod_name, l.lease_id, l.tenant_id;
  end loop;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;

-- The pod is gone: closes what was bound to it and returns how many leases that were.
create function lease.close(p_pod_uid text) returns int
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_lease record;
  v_closed int := 0;
begin
  for v_lease in
    select l.tenant_id, l.lease_id
      from hermes.sandbox_leases l
     where l.pod_uid = p_pod_uid and l.state <> 'closed'
     order by l.tenant_id, l.lease_id
  loop
    perform pg_catalog.set_config('app.current_tenant', v_lease.tenant_id::text, true);
    update hermes.sandbox_leases l set state = 'closed'
     where l.tenant_id = v_lease.tenant_id
       and l.lease_id = v_lease.lease_id
       and l.state <> 'closed';
    if found then
      v_closed := v_closed + 1;
    end if;
  end loop;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
  return v_closed;
end
$$;

-- The pods of a namespace that somebody holds: whatever else is there and claimed has lost its lease.
create function lease.live(p_namespace text) returns table (pod_uid text)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select l.pod_uid
      from hermes.sandbox_leases l
     where l.namespace = p_namespace
       and l.state in ('reserved', 'active')
       and l.pod_uid is not null;
end
$$;

grant execute on function lease.over() to hermes_provisioner;
grant execute on function lease.close(text) to hermes_provisioner;
grant execute on function lease.live(text) to hermes_provisioner;
