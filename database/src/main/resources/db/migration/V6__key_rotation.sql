-- Rotation, notice and blocking of keys. An APIKey object has one current key; a rotation makes a new one
-- current and gives the one before it an end. blocked_at takes a key out of use and, unlike a revocation,
-- may be undone: the Tenant's ceiling was lowered and may be raised again.

alter table authn.key_digests
  add column superseded_at timestamptz,
  add column rotation_request timestamptz,
  add column noticed_for timestamptz,
  add column blocked_at timestamptz;

-- Two good keys without an end cannot be, whatever a caller does.
create unique index key_digests_current on authn.key_digests (cr_uid)
  where cr_uid is not null and superseded_at is null and revoked_at is null;

drop trigger key_changed on authn.key_digests;
create trigger key_changed after update on authn.key_digests for each row
  when (old.revoked_at is distinct from new.revoked_at
    or old.blocked_at is distinct from new.blocked_at
    or old.expires_at is distinct from new.expires_at
    or old.roles is distinct from new.roles
    or old.scopes is distinct from new.scopes)
  execute function authn.key_changed();

-- A blocked key looks like a revoked one to whoever judges a credential.
create or replace function authn.lookup(p_kid text)
  returns table (
    tenant_id uuid, digest bytea, pepper_version int, roles text[], scopes text[], principal text,
    expires_at timestamptz, revoked_at timestamptz, tenant_state text, namespace text)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select k.tenant_id, k.digest, k.pepper_version, k.roles, k.scopes, k.principal,
           k.expires_at, coalesce(k.revoked_at, k.blocked_at), t.state, t.namespace
      from authn.key_digests k
      join hermes.tenants t on t.tenant_id = k.tenant_id
     where k.kid = p_kid;
end
$$;

-- Makes a key the current one of an APIKey object, with these rights and this life in seconds from its
-- making; calling it again is harmless and brings rights and expiry up to date. In one transaction the key
-- that was current until now gets its end, after the overlap, and one that was replaced before ends now.
-- 'current': done. 'taken': the kid is that of another key. 'over': this very key was replaced or revoked
-- before; no key comes back.
create function authn.make_current(
  p_tenant uuid, p_kid text, p_digest bytea, p_pepper_version int, p_prefix text, p_roles text[],
  p_scopes text[], p_principal text, p_life_seconds bigint, p_overlap_seconds bigint,
  p_rotation_request timestamptz, p_cr_uid text, p_fence bigint) returns text
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_now timestamptz := pg_catalog.clock_timestamp();
  v_life interval := pg_catalog.make_interval(secs => p_life_seconds);
  v_overlap interval := pg_catalog.make_interval(secs => p_overlap_seconds);
  v_key authn.key_digests;
begin
  perform provision.fence(p_fence);
  if not exists (
    select from hermes.tenants t where t.tenant_id = p_tenant and t.state <> 'deleted'
  ) then
    raise exception 'tenant % does not exist or is deleted: it gets no key', p_tenant
      using errcode = 'HX002';
  end if;
  select * into v_key from authn.key_digests k where k.kid = p_kid for no key update;
  if found then
    if v_key.digest <> p_digest or v_key.tenant_id <> p_tenant
      or v_key.cr_uid is distinct from p_cr_uid then
      return 'taken';
    end if;
    if v_key.revoked_at is not null or v_key.superseded_at is not null then
      return 'over';
    end if;
  else
    update authn.key_digests k set revoked_at = v_now, fence = p_fence
     where k.cr_uid = p_cr_uid and k.revoked_at is null and k.superseded_at is not null;
    update authn.key_digests k
       set superseded_at = v_now, expires_at = least(k.expires_at, v_now + v_overlap), fence = p_fence,
           revoked_at = case when p_overlap_seconds = 0 then v_now end
     where k.cr_uid = p_cr_uid and k.revoked_at is null and k.superseded_at is null;
    insert into authn.key_digests (
        kid, tenant_id, digest, pepper_version, prefix, roles, scopes, principal, source, cr_uid,
        created_at, expires_at, rotation_request, fence)
      values (
        p_kid, p_tenant, p_digest, p_pepper_version, p_prefix, p_roles, p_scopes, p_principal, 'cr',
        p_cr_uid, v_now, v_now + v_life, p_rotation_request, p_fence);
  end if;
  update authn.key_digests k
     set roles = p_roles, scopes = p_scopes, blocked_at = null, fence = p_fence
   where k.cr_uid = p_cr_uid and k.revoked_at is null
     and ((k.roles, k.scopes) is distinct from (p_roles, p_scopes) or k.blocked_at is not null);
  update authn.key_digests k set expires_at = k.created_at + v_life, fence = p_fence
   where k.kid = p_kid and k.expires_at is distinct from k.created_at + v_life;
  return 'current';
end
$$;

-- Takes every key of an APIKey object out of use until make_current puts it back; returns how many.
create function authn.block(p_cr_uid text, p_fence bigint) returns int
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_blocked int;
begin
  perform provision.fence(p_fence);
  update authn.key_digests k set blocked_at = pg_catalog.clock_timestamp(), fence = p_fence
   where k.cr_uid = p_cr_uid and k.revoked_at is null and k.blocked_at is null;
  get diagnostics v_blocked = row_count;
  return v_blocked;
end
$$;

-- Remembers that people were told of what happens to this key at that time.
create function authn.noticed(p_kid text, p_for timestamptz, p_fence bigint) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform provision.fence(p_fence);
  update authn.key_digests k set noticed_for = p_for, fence = p_fence
   where k.kid = p_kid and k.noticed_for is distinct from p_for;
end
$$;

-- The keys of one APIKey object: the current one, then those it replaced, the latest first; at most 50.
create function authn.keys_of(p_cr_uid text)
  returns table (
    kid text, digest bytea, pepper_version int, prefix text, created_at timestamptz,
    expires_at timestamptz, revoked_at timestamptz, blocked_at timestamptz,
    superseded_at timestamptz, rotation_request timestamptz, noticed_for timestamptz,
    last_used_at timestamptz)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select k.kid, k.digest, k.pepper_version, k.prefix, k.created_at, k.expires_at, k.revoked_at,
           k.blocked_at, k.superseded_at, k.rotation_request, k.noticed_for, k.last_used_at
      from authn.key_digests k
     where k.cr_uid = p_cr_uid
     order by k.superseded_at desc nulls first, k.created_at desc
     limit 50;
end
$$;

grant execute on function authn.make_current(
  uuid, text, bytea, int, text, text[], text[], text, bigint, bigint, timestamptz, text, bigint)
  to hermes_provisioner;
grant execute on function authn.block(text, bigint) to hermes_provisioner;
grant execute on function authn.noticed(text, timestamptz, bigint) to hermes_provisioner;
grant execute on function authn.keys_of(text) to hermes_provisioner;
