-- Key digests and the functions that are their only doors. A look-up comes before any tenant is known, so
-- the functions, as hermes_owner, see all of the table; it is walled by tenant like every other one for
-- whoever else should ever get a grant, and nobody has one.

create table authn.key_digests (
  kid text not null primary key check (kid ~ '^[0-9A-Za-z]{12}$'),
  tenant_id uuid not null references hermes.tenants (tenant_id),
  digest bytea not null check (octet_length(digest) = 32),
  pepper_version int not null check (pepper_version > 0),
  prefix text not null,
  roles text[] not null,
  scopes text[] not null,
  principal text not null,
  source text not null check (source in ('cr', 'rest')),
  cr_uid text,
  fence bigint not null default 0,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  check ((source = 'cr') = (cr_uid is not null))
) with (fillfactor = 80);
create index key_digests_tenant on authn.key_digests (tenant_id);
create index key_digests_cr on authn.key_digests (cr_uid) where cr_uid is not null;
select hermes.protect('authn.key_digests');
create policy owner_doors on authn.key_digests to hermes_owner using (true) with check (true);

-- Counts what makes a cached key wrong. A row and not a sequence: it must become visible together with
-- the revocation, never before it.
create table authn.revocations (
  only_row boolean not null primary key default true check (only_row),
  epoch bigint not null
);
insert into authn.revocations (epoch) values (1);

create function authn.key_changed() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  update authn.revocations set epoch = epoch + 1;
  perform pg_catalog.pg_notify('hermes_authn', old.kid);
  return null;
end
$$;
create trigger key_changed after update on authn.key_digests for each row
  when (old.revoked_at is distinct from new.revoked_at
    or old.expires_at is distinct from new.expires_at
    or old.roles is distinct from new.roles
    or old.scopes is distinct from new.scopes)
  execute function authn.key_changed();
create trigger key_removed after delete on authn.key_digests for each row
  execute function authn.key_changed();

create function authn.tenant_changed() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  update authn.revocations set epoch = epoch + 1;
  perform pg_catalog.pg_notify('hermes_authn', '*');
  return null;
end
$$;
create trigger tenant_changed after update on hermes.tenants for each row
  when (old.state is distinct from new.state)
  execute function authn.tenant_changed();

-- Everything a request's credential is judged by, in one look. The caller judges; it must answer unknown,
-- revoked and expired alike.
create function authn.lookup(p_kid text)
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
           k.expires_at, k.revoked_at, t.state, t.namespace
      from authn.key_digests k
      join hermes.tenants t on t.tenant_id = k.tenant_id
     where k.kid = p_kid;
end
$$;

create function authn.epoch() returns bigint
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
begin
  return (select r.epoch from authn.revocations r);
end
$$;

-- Last use, in batches. Rows are locked in one order, so that two replicas never wait for each other.
create function authn.touch(p_kids text[], p_times timestamptz[]) returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  with used as (
    select u.kid, max(u.used_at) as used_at
      from unnest(p_kids, p_times) as u (kid, used_at)
     group by u.kid
  ), locked as (
    select k.kid, used.used_at
      from authn.key_digests k
      join used on used.kid = k.kid
     where k.last_used_at is null or k.last_used_at < used.used_at
     order by k.kid
       for no key update of k
  )
  update authn.key_digests k set last_used_at = locked.used_at
    from locked
   where k.kid = locked.kid;
end
$$;

-- Stores a key's digest; calling it again is harmless. True: the row is there, with this digest, and its
-- rights and expiry are as asked (a revoked key stays revoked). False: the kid belongs to another key.
create function authn.issue(
  p_tenant uuid, p_kid text, p_digest bytea, p_pepper_version int, p_prefix text, p_roles text[],
  p_scopes text[], p_principal text, p_expires_at timestamptz, p_source text, p_cr_uid text,
  p_fence bigint) returns boolean
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_same boolean;
begin
  perform provision.fence(p_fence);
  if not exists (
    select from hermes.tenants t where t.tenant_id = p_tenant and t.state <> 'deleted'
  ) then
    raise exception 'tenant % does not exist or is deleted: it gets no key', p_tenant
      using errcode = 'HX002';
  end if;
  insert into authn.key_digests (
      kid, tenant_id, digest, pepper_version, prefix, roles, scopes, principal, source, cr_uid,
      expires_at, fence)
    values (
      p_kid, p_tenant, p_digest, p_pepper_version, p_prefix, p_roles, p_scopes, p_principal, p_source,
      p_cr_uid, p_expires_at, p_fence)
    on conflict (kid) do nothing;
  if found then
    return true;
  end if;
  select k.digest = p_digest and k.tenant_id = p_tenant into v_same
    from authn.key_digests k where k.kid = p_kid for no key update;
  if v_same then
    update authn.key_digests k
       set roles = p_roles, scopes = p_scopes, expires_at = p_expires_at, fence = p_fence
     where k.kid = p_kid
       and k.revoked_at is null
       and (k.roles, k.scopes, k.expires_at) is distinct from (p_roles, p_scopes, p_expires_at);
  end if;
  return coalesce(v_same, false);
end
$$;

-- True: the key exists and is revoked, now or since long. False: there is no such key.
create function authn.revoke(p_kid text, p_fence bigint) returns boolean
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform provision.fence(p_fence);
  update authn.key_digests k set revoked_at = pg_catalog.clock_timestamp(), fence = p_fence
   where k.kid = p_kid and k.revoked_at is null;
  return exists (select from authn.key_digests k where k.kid = p_kid);
end
$$;

-- Revokes every key of a tenant; returns how many were still good.
create function authn.revoke_tenant(p_tenant uuid, p_fence bigint) returns int
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  v_revoked int;
begin
  perform provision.fence(p_fence);
  update authn.key_digests k set revoked_at = pg_catalog.clock_timestamp(), fence = p_fence
   where k.tenant_id = p_tenant and k.revoked_at is null;
  get diagnostics v_revoked = row_count;
  return v_revoked;
end
$$;

-- The keys of one APIKey object, newest first: several while a rotation overlaps.
create function authn.find(p_cr_uid text)
  returns table (
    kid text, digest bytea, prefix text, expires_at timestamptz, revoked_at timestamptz,
    last_used_at timestamptz)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select k.kid, k.digest, k.prefix, k.expires_at, k.revoked_at, k.last_used_at
      from authn.key_digests k
     where k.cr_uid = p_cr_uid
     order by k.created_at desc, k.kid;
end
$$;

grant execute on function authn.lookup(text) to hermes_authn;
grant execute on function authn.epoch() to hermes_authn;
grant execute on function authn.touch(text[], timestamptz[]) to hermes_authn;
grant execute on function authn.issue(
  uuid, text, bytea, int, text, text[], text[], text, timestamptz, text, text, bigint)
  to hermes_provisioner;
grant execute on function authn.revoke(text, bigint) to hermes_provisioner;
grant execute on function authn.revoke_tenant(uuid, bigint) to hermes_provisioner;
grant execute on function authn.find(text) to hermes_provisioner;
