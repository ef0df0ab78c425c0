-- Put before each file of rules. "Ours" is every schema that is not PostgreSQL's own, so that a table made
-- in the wrong place is found as well. What an extension brought counts once hermes_app can reach it.
with listed (kind, object) as (
  select * from unnest(?::text[], ?::text[])
),
-- A tenant's own schema, and the login of the same name, may have what hermes has for its content, word for
-- word, and the login may read its rows. Generated for each schema of the registry and for no other.
tenant_schemas as (
  select s.tenant_id, s.schema,
         s.version >= (
           select max(h.version::int)
             from flyway.flyway_schema_history h where h.success and h.version is not null
         ) as is_current
    from layout.tenant_schemas s
),
content as (
  select c.name::text as name from layout.content_tables() c
),
reviewed (kind, object) as (
  select l.kind, l.object from listed l
  union all
  select l.kind, s.schema || pg_catalog.substr(l.object, 7)
    from listed l
    join content c on l.object ~ ('^hermes\.' || c.name || ' ')
   cross join tenant_schemas s
   where l.kind in ('grant', 'policy', 'policy-role')
  union all
  select 'usage', s.schema || ' ' || r.role
    from tenant_schemas s
   cross join lateral (values ('hermes_app'), ('hermes_probe'), (s.schema)) as r (role)
  union all
  select 'grant', s.schema || '.' || c.name || ' ' || s.schema || ' SELECT'
    from tenant_schemas s cross join content c where c.name <> 'isolation_canary'
  union all
  select 'policy',
         s.schema || '.' || c.name || ' login_select select to ' || s.schema
           || ' using ((tenant_id = ( SELECT (NULLIF(current_setting(''app.current_tenant''::text, true),'
           || ' ''''::text))::uuid AS "nullif")))'
    from tenant_schemas s cross join content c where c.name <> 'isolation_canary'
),
ours as (
  select n.oid, n.nspname, n.nspowner, n.nspacl
    from pg_catalog.pg_namespace n
   where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
),
app as (
  select r.oid from pg_catalog.pg_roles r where r.rolname = 'hermes_app'
),
unreachable as (
  select d.classid, d.objid
    from pg_catalog.pg_depend d
    join pg_catalog.pg_extension e on e.oid = d.refobjid
   where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
     and d.deptype = 'e'
     and not coalesce(
       pg_catalog.has_schema_privilege((select oid from app), e.extnamespace, 'usage'), false)
),
relations as (
  select c.oid, n.nspname || '.' || c.relname as name, c.relkind, c.relowner, c.relacl, c.reloptions,
         c.relispartition, c.relrowsecurity, c.relforcerowsecurity
    from pg_catalog.pg_class c
    join ours n on n.oid = c.relnamespace
   where (c.tableoid, c.oid) not in (select classid, objid from unreachable)
),
tables as (
  select r.*, exists (select from reviewed v where v.kind = 'no-tenant' and v.object = r.name) as exempt
    from relations r
   where r.relkind in ('r', 'p')
),
functions as (
  select p.oid, n.nspname || '.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')'
           as name,
         p.proowner, p.proacl, p.prosecdef, p.proconfig
    from pg_catalog.pg_proc p
    join ours n on n.oid = p.pronamespace
   where (p.tableoid, p.oid) not in (select classid, objid from unreachable)
),
policies as (
  select t.oid as table_oid, t.name as table_name, t.relispartition, p.polname, p.polpermissive,
         case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
           when 'd' then 'delete' else 'all' end as command,
         (select pg_catalog.array_agg(r.name order by r.name)
            from pg_catalog.unnest(p.polroles) as o (oid)
           cross join lateral (
             select case o.oid when 0 then 'public' else pg_catalog.pg_get_userbyid(o.oid)::text end
           ) as r (name)) as roles,
         pg_catalog.regexp_replace(
           pg_catalog.pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') as using_text,
         pg_catalog.regexp_replace(
           pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '\s+', ' ', 'g') as check_text
    from pg_catalog.pg_policy p
    join tables t on t.oid = p.polrelid
)
