-- The schemas of tenants: each is registered and has exactly what hermes has for content, so that a migration
-- that forgot them is found. One that a migration has not reached yet is compared once it has; the API does
-- not serve that tenant meanwhile. The walls of all are proven by the other rules.
,
compared as (
  select n.oid, n.nspname, n.nspname <> 'hermes' as of_tenant
    from ours n
   where n.nspname = 'hermes'
      or exists (
        select from tenant_schemas s where s.schema = n.nspname and s.is_current)
),
shapes as (
  select n.nspname, n.of_tenant, c.oid, c.relname::text as name, c.relkind, c.relrowsecurity
    from compared n
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
   where not c.relispartition
     and (n.of_tenant or c.relname in (select name from content))
),
facts (nspname, of_tenant, name, fact) as (
  select t.nspname, t.of_tenant, t.name,
         'kind ' || t.relkind::text || coalesce(' by ' || pg_catalog.pg_get_partkeydef(t.oid), '')
    from shapes t
  union all
  select t.nspname, t.of_tenant, t.name,
         pg_catalog.concat_ws(' ', 'column', a.attname,
           pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation::text,
           case when a.attnotnull then 'not null' end, a.attidentity::text, a.attgenerated::text,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    from shapes t
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
  -- A foreign key that leaves its schema for the tenant tables of another shows as such.
  select t.nspname, t.of_tenant, t.name,
         'constraint ' || k.conname || ' ' || k.convalidated::text || ' '
           || case when f.oid is null then pg_catalog.pg_get_constraintdef(k.oid)
                else pg_catalog.regexp_replace(
                       pg_catalog.pg_get_constraintdef(k.oid), 'REFERENCES \S+\(', 'REFERENCES (')
                     || ' ' || case when f.relnamespace = n.oid then 'own' else f.relnamespace::pg_catalog.regnamespace::text end
                     || ' ' || f.relname end
    from shapes t
    join compared n on n.nspname = t.nspname
    join pg_catalog.pg_constraint k on k.conrelid = t.oid
    left join pg_catalog.pg_class f on f.oid = k.confrelid
   where not (t.of_tenant and k.conname = 'own_tenant')
  union all
  select t.nspname, t.of_tenant, t.name,
         'index ' || i.relname || case when x.indisvalid then ' ' else ' invalid ' end
           || pg_catalog.regexp_replace(
                pg_catalog.pg_get_indexdef(x.indexrelid), '^(.*) INDEX .* USING ', '\1 USING ')
    from shapes t
    join pg_catalog.pg_index x on x.indrelid = t.oid
    join pg_catalog.pg_class i on i.oid = x.indexrelid
  union all
  select t.nspname, t.of_tenant, t.name,
         pg_catalog.concat_ws(' ', 'policy', p.polname, p.command, p.polpermissive::text,
           pg_catalog.array_to_string(p.roles, ','), p.using_text, p.check_text)
    from shapes t
    join policies p on p.table_oid = t.oid
   where p.polname <> 'login_select'
  union all
  select t.nspname, t.of_tenant, t.name, 'grant ' || a.privilege_type || ' to ' || r.rolname
    from shapes t
    join relations c on c.oid = t.oid
   cross join lateral pg_catalog.aclexplode(c.relacl) a
    join pg_catalog.pg_roles r on r.oid = a.grantee
   where a.grantee <> c.relowner and r.rolname <> t.nspname
  union all
  select t.nspname, t.of_tenant, t.name, 'trigger ' || g.tgname
    from shapes t
    join pg_catalog.pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
),
-- Once, for it is joined with every schema.
home as materialized (
  select f.name, f.fact from facts f where not f.of_tenant
)
select 'schema-missing', s.schema, 'is registered for a tenant and does not exist'
  from tenant_schemas s
 where not exists (select from ours n where n.nspname = s.schema)
union all
select 'schema-unknown', n.nspname, 'is no tenant''s: nobody migrates or purges it'
  from ours n
 where n.nspname ~ '^hermes_t_'
   and not exists (select from tenant_schemas s where s.schema = n.nspname)
union all
select 'content', t.name, 'is neither content nor listed as one that stays at home'
  from tables t
 where t.name ~ '^hermes\.' and not t.exempt and not t.relispartition
   and pg_catalog.substr(t.name, 8) not in (select name from content)
   and not exists (select from reviewed v where v.kind = 'home' and v.object = t.name)
union all
select 'content', 'hermes.' || c.name, 'is listed as content and does not exist'
  from content c
 where not exists (select from tables t where t.name = 'hermes.' || c.name)
union all
select 'schema-owner', t.nspname || '.' || t.name, 'lets rows of other tenants in: no check own_tenant'
  from shapes t
  join tenant_schemas s on s.schema = t.nspname
 where not exists (
   select from pg_catalog.pg_constraint k
    where k.conrelid = t.oid and k.conname = 'own_tenant' and k.convalidated
      and pg_catalog.pg_get_constraintdef(k.oid)
        = pg_catalog.format('CHECK ((tenant_id = %L::uuid))', s.tenant_id))
union all
select 'schema-differs', n.nspname || '.' || h.name, 'lacks what hermes has: ' || h.fact
  from compared n
 cross join home h
 where n.of_tenant
   and not exists (
     select from facts f where f.nspname = n.nspname and f.name = h.name and f.fact = h.fact)
union all
select 'schema-differs', f.nspname || '.' || f.name, 'has what hermes does not: ' || f.fact
  from facts f
 where f.of_tenant
   and not exists (
     select from home h where h.name = f.name and h.fact = f.fact)
