-- The operator's doors to the tenant rows. Every write goes through the leader's fence.

-- Stores a tenant as its Kubernetes object describes it and returns the id stored for that object, which
-- is p_tenant only the first time. Writes nothing when nothing differs. 'deleted' is final: a step that is
-- repeated after the deletion changes nothing.
create function provision.upsert_tenant(
  p_cr_uid text, p_tenant uuid, p_name text, p_display_name text, p_namespace text, p_state text,
  p_generation bigint, p_config jsonb, p_fence bigint) returns uuid
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_tenant uuid;
begin
  perform provision.fence(p_fence);
  select t.tenant_id into v_tenant from hermes.tenants t where t.cr_uid = p_cr_uid;
  if v_tenant is null then
    if exists (select from hermes.tenants t where t.tenant_id = p_tenant) then
      raise exception 'tenant id % belongs to another Tenant object', p_tenant using errcode = 'HX003';
    end if;
    perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
    insert into hermes.tenants (
        tenant_id, cr_uid, name, display_name, namespace, state, generation, config, fence)
      values (
        p_tenant, p_cr_uid, p_name, p_display_name, p_namespace, p_state, p_generation, p_config,
        p_fence)
      on conflict (cr_uid) do nothing;
    select t.tenant_id into v_tenant from hermes.tenants t where t.cr_uid = p_cr_uid;
  end if;

  perform pg_catalog.set_config('app.current_tenant', v_tenant::text, true);
  update hermes.tenants t
     set name = p_name, display_name = p_display_name, namespace = p_namespace, state = p_state,
         generation = p_generation, config = p_config, fence = p_fence,
         updated_at = pg_catalog.clock_timestamp()
   where t.tenant_id = v_tenant
     and t.state <> 'deleted'
     and (t.name, t.display_name, t.namespace, t.state, t.generation, t.config)
         is distinct from (p_name, p_display_name, p_namespace, p_state, p_generation, p_config);
  if not exists (select from hermes.isolation_canary c where c.tenant_id = v_tenant) then
    insert into hermes.isolation_canary (tenant_id) values (v_tenant) on conflict do nothing;
  end if;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
  return v_tenant;
end
$$;

create function provision.find_tenant(p_cr_uid text) returns uuid
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
begin
  return (select t.tenant_id from hermes.tenants t where t.cr_uid = p_cr_uid);
end
$$;

-- The one way a tenant ends: its keys are revoked, its sandboxes are over, its row says 'deleted' and the
-- deletion row, written once, says what happens to the data and when.
create function provision.delete_tenant(
  p_tenant uuid, p_cr_uid text, p_name text, p_policy text, p_not_before timestamptz, p_evidence jsonb,
  p_fence bigint) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
begin
  perform provision.fence(p_fence);
  if not exists (
    select from hermes.tenants t where t.tenant_id = p_tenant and t.cr_uid = p_cr_uid
  ) then
    raise exception 'tenant % is not the one of Tenant object %: nothing is deleted', p_tenant, p_cr_uid
      using errcode = 'HX003';
  end if;
  perform authn.revoke_tenant(p_tenant, p_fence);
  perform pg_catalog.set_config('app.current_tenant', p_tenant::text, true);
  insert into hermes.tenant_deletions (tenant_id, cr_uid, name, policy, not_before, evidence)
    values (p_tenant, p_cr_uid, p_name, p_policy, p_not_before, p_evidence)
    on conflict (tenant_id) do nothing;
  update hermes.tenants t
     set state = 'deleted', fence = p_fence, updated_at = pg_catalog.clock_timestamp()
   where t.tenant_id = p_tenant and t.state <> 'deleted';
  update hermes.sandbox_leases l
     set state = case when l.pod_uid is null then 'closed' else 'over' end
   where l.tenant_id = p_tenant and l.state in ('reserved', 'active');
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;

grant execute on function provision.upsert_tenant(
  text, uuid, text, text, text, text, bigint, jsonb, bigint) to hermes_provisioner;
grant execute on function provision.find_tenant(text) to hermes_provisioner;
grant execute on function provision.delete_tenant(
  uuid, text, text, text, timestamptz, jsonb, bigint) to hermes_provisioner;
