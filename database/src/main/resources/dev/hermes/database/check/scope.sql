-- Put before each file of rules. "Ours" is every schema that is not PostgreSQL's own, so that a table made
-- in the wrong place is found as well. What an extension brought counts once hermes_app can reach it.
with reviewed (kind, object) as (
  select * from unnest(?::text[], ?::text[])
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
         (select pg_catalog.array_agg(coalesce(r.rolname, 'public')::text order by r.rolname)
            from pg_catalog.unnest(p.polroles) as o (oid)
            left join pg_catalog.pg_roles r on r.oid = o.oid) as roles,
         pg_catalog.regexp_replace(
           pg_catalog.pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') as using_text,
         pg_catalog.regexp_replace(
           pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '\s+', ' ', 'g') as check_text
    from pg_catalog.pg_policy p
    join tables t on t.oid = p.polrelid
)
