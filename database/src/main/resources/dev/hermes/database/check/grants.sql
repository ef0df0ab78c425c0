-- Rule 9 and more: every grant to anybody but the owner is an entry of the reviewed list. That alone rules
-- out TRUNCATE, REFERENCES and TRIGGER, grants on partitions, and CREATE for a role that serves.
select 'grant', r.name, g.grantee || ' may ' || g.privileges
  from relations r
 cross join lateral (
   select coalesce(o.rolname, 'public') as grantee,
          pg_catalog.string_agg(a.privilege_type, ',' order by a.privilege_type) as privileges
     from pg_catalog.aclexplode(r.relacl) a
     left join pg_catalog.pg_roles o on o.oid = a.grantee
    where a.grantee <> r.relowner
    group by 1
 ) g
 where not exists (
   select from reviewed v
    where v.kind = 'grant' and v.object = r.name || ' ' || g.grantee || ' ' || g.privileges)
union all
select 'grant-option', r.name, 'somebody may pass a grant on'
  from relations r
 where exists (
   select from pg_catalog.aclexplode(r.relacl) a where a.is_grantable and a.grantee <> r.relowner)
union all
select 'grant-column', r.name, 'column ' || a.attname || ' has a grant of its own'
  from relations r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid
 where a.attacl is not null and a.attnum > 0 and not a.attisdropped
union all
select 'execute', f.name, coalesce(o.rolname, 'public') || ' may execute it'
  from functions f
 cross join lateral pg_catalog.aclexplode(
   coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) a
  left join pg_catalog.pg_roles o on o.oid = a.grantee
 where a.grantee <> f.proowner
   and not exists (
     select from reviewed v
      where v.kind = 'execute' and v.object = f.name || ' ' || coalesce(o.rolname, 'public'))
union all
select 'schema-grant', n.nspname, coalesce(o.rolname, 'public') || ' has ' || a.privilege_type
  from ours n
 cross join lateral pg_catalog.aclexplode(
   coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
  left join pg_catalog.pg_roles o on o.oid = a.grantee
 where a.grantee <> n.nspowner
   and not (a.privilege_type = 'USAGE' and exists (
     select from reviewed v
      where v.kind = 'usage' and v.object = n.nspname || ' ' || coalesce(o.rolname, 'public')))
union all
select 'database-grant', d.datname, coalesce(o.rolname, 'public') || ' has ' || a.privilege_type
  from pg_catalog.pg_database d
 cross join lateral pg_catalog.aclexplode(
   coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
  left join pg_catalog.pg_roles o on o.oid = a.grantee
 where d.datname = pg_catalog.current_database()
   and a.grantee <> d.datdba
   and (a.grantee = 0
     or o.rolname ~ '^hermes_t_[0-9a-f]{32}$'
       and not exists (select from tenant_schemas s where s.schema = o.rolname)
     or a.privilege_type <> 'CONNECT'
       and not exists (
         select from reviewed v
          where v.kind = 'database' and v.object = o.rolname || ' ' || a.privilege_type))
union all
select 'default-grant', coalesce(n.nspname, '(all schemas)'),
       coalesce(o.rolname, 'public') || ' would get ' || a.privilege_type || ' on what is made later'
  from pg_catalog.pg_default_acl d
  left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
 cross join lateral pg_catalog.aclexplode(d.defaclacl) a
  left join pg_catalog.pg_roles o on o.oid = a.grantee
 where a.grantee <> d.defaclrole
   -- The built-in default on types stays: it opens no row.
   and not (d.defaclobjtype = 'T' and a.grantee = 0)
   -- The login of a tenant can make nothing, so what it would grant is nobody's harm and must not be an alarm
   -- that it can raise.
   and pg_catalog.pg_get_userbyid(d.defaclrole) !~ '^hermes_t_[0-9a-f]{32}$'
