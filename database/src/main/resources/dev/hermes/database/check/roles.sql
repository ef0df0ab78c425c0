-- Rules 10, 15, 16: the roles are exactly as strong as reviewed, nobody is a member of anything more, no
-- default gives a connection a tenant, nothing carries rows past the policies.
select 'role', r.rolname, 'unreviewed attributes: ' || r.attributes
  from (
    select r.rolname,
           pg_catalog.concat_ws(' ', r.rolname,
             case when r.rolcanlogin then 'login' end, case when r.rolsuper then 'superuser' end,
             case when r.rolcreatedb then 'createdb' end, case when r.rolcreaterole then 'createrole' end,
             case when r.rolreplication then 'replication' end,
             case when r.rolbypassrls then 'bypassrls' end) as attributes
      from pg_catalog.pg_roles r
     where r.rolname ~ '^hermes_' and r.rolname !~ '^hermes_t_[0-9a-f]{32}$'
  ) r
 where not exists (select from reviewed v where v.kind = 'role' and v.object = r.attributes)
union all
-- Roles belong to the server and schemas to a database: the logins of another database's tenants are seen
-- here too, and may be just as weak.
select 'role', r.rolname, 'a tenant''s login is stronger than it may be'
  from pg_catalog.pg_roles r
 where r.rolname ~ '^hermes_t_[0-9a-f]{32}$'
   and (r.rolsuper or r.rolcreatedb or r.rolcreaterole or r.rolreplication or r.rolbypassrls
     or r.rolinherit or r.rolconnlimit not between 0 and 5)
union all
select 'role-missing', pg_catalog.split_part(v.object, ' ', 1), 'the role does not exist; run bootstrap'
  from reviewed v
 where v.kind = 'role'
   and not exists (
     select from pg_catalog.pg_roles r where r.rolname = pg_catalog.split_part(v.object, ' ', 1))
union all
select 'member', m.member, 'is a member of ' || m.role
  from (
    select pg_catalog.pg_get_userbyid(a.member)::text as member,
           pg_catalog.pg_get_userbyid(a.roleid)::text as role,
           a.admin_option
             and coalesce(pg_catalog.to_jsonb(a) ->> 'inherit_option' = 'false', false)
             and coalesce(pg_catalog.to_jsonb(a) ->> 'set_option' = 'false', false) as admin_alone
      from pg_catalog.pg_auth_members a
  ) m
 where (m.member ~ '^hermes_' or m.role ~ '^hermes_')
   and not exists (
     select from reviewed v where v.kind = 'member' and v.object = m.member || ' ' || m.role)
   -- PostgreSQL 16 and later let who made a role administer it; neither as it nor with its rights.
   and not (m.member = 'hermes_roles' and m.role ~ '^hermes_t_[0-9a-f]{32}$' and m.admin_alone)
union all
select 'setting', coalesce(r.rolname, d.datname, 'everybody'), 'default ' || c.setting
  from pg_catalog.pg_db_role_setting s
  left join pg_catalog.pg_roles r on r.oid = s.setrole
  left join pg_catalog.pg_database d on d.oid = s.setdatabase
 cross join lateral pg_catalog.unnest(s.setconfig) as c (setting)
 where s.setdatabase in (0, (
     select x.oid from pg_catalog.pg_database x where x.datname = pg_catalog.current_database()))
   and c.setting ~* '^(app\.|row_security=|role=|session_authorization=)'
   -- A tenant's login has its own tenant as default, in every database; what else it sets for itself opens
   -- nothing, and must not be an alarm that it can raise.
   and not (coalesce(r.rolname, '') ~ '^hermes_t_[0-9a-f]{32}$'
     and (c.setting !~* '^app\.'
       or c.setting ~ '^app\.current_tenant='
         and r.rolname = 'hermes_t_'
           || pg_catalog.replace(pg_catalog.split_part(c.setting, '=', 2), '-', '')))
union all
select 'setting', p.parname,
       coalesce(r.rolname, 'public') || ' may set this parameter for others: ' || a.privilege_type
  from pg_catalog.pg_parameter_acl p
 cross join lateral pg_catalog.aclexplode(p.paracl) a
  left join pg_catalog.pg_roles r on r.oid = a.grantee
 where p.parname ~ '^app\.'
   and not coalesce(r.rolsuper, false)
   and (a.is_grantable
     or not exists (
       select from reviewed v
        where v.kind = 'parameter' and v.object = p.parname || ' ' || r.rolname || ' ' || a.privilege_type))
union all
select 'advisory-lock', f.oid::pg_catalog.regprocedure::text,
       'everybody may take locks that others wait for; run bootstrap'
  from pg_catalog.pg_proc f
 where f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
   and f.proname ~ '^pg_(try_)?advisory_'
   and pg_catalog.has_function_privilege('public', f.oid, 'execute')
union all
select 'setting', 'app.current_tenant', 'this connection carries a tenant it should not have'
 where coalesce(pg_catalog.current_setting('app.current_tenant', true), '') <> ''
union all
select 'setting', 'row_security', 'is off for this connection'
 where pg_catalog.current_setting('row_security') <> 'on'
union all
select 'publication', p.pubname, 'publishes rows past row-level security: ' || coalesce(t.name, 'all tables')
  from pg_catalog.pg_publication p
  left join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
  left join tables t on t.oid = r.prrelid
 where p.puballtables or t.oid is not null
    or exists (select from pg_catalog.pg_publication_namespace n where n.pnpubid = p.oid)
