-- Rules 1-3, 7, 8, 11, 12, 18: every table carries its tenant and row-level security, and nothing beside
-- the tables shows their rows. With 500 schemas of tenants there are 10,000 tables and more: counts, and not
-- NOT EXISTS, where the planner would take a catalog it has no statistics of for small and loop over it.
select 'tenant-id', t.name, 'has no column tenant_id uuid not null'
  from tables t
 where not t.exempt
   and 0 = (
     select count(*) from pg_catalog.pg_attribute a
      where a.attrelid = t.oid and a.attname = 'tenant_id' and a.attnotnull and not a.attisdropped
        and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype)
union all
select 'rls-enabled', t.name, 'row-level security is not enabled'
  from tables t where not t.exempt and not t.relrowsecurity
union all
select 'rls-forced', t.name, 'row-level security does not bind the owner (FORCE)'
  from tables t where not t.exempt and not t.relforcerowsecurity
union all
select 'view', r.name, 'a view without security_invoker reads as its owner'
  from relations r
 where r.relkind = 'v'
   and not exists (
     select from pg_catalog.pg_options_to_table(r.reloptions) o
      where o.option_name = 'security_invoker' and o.option_value in ('true', 'on', 'yes', '1'))
union all
select 'unwalled-relation', r.name, 'a materialized view or foreign table has no row-level security'
  from relations r where r.relkind in ('m', 'f')
union all
select 'rewrite-rule', r.name, 'rule ' || w.rulename || ' runs as the owner of the table'
  from pg_catalog.pg_rewrite w
  join relations r on r.oid = w.ev_class
 where w.rulename <> '_RETURN'
union all
select 'index-order', i.name, 'index of ' || t.name || ' does not start with tenant_id'
  from tables t
  join pg_catalog.pg_index x on x.indrelid = t.oid
  join relations i on i.oid = x.indexrelid
 where not t.exempt
   and 0 = (
     select count(*) from pg_catalog.pg_attribute a
      where a.attrelid = t.oid and a.attname = 'tenant_id' and a.attnum = x.indkey[0])
   and not exists (select from reviewed v where v.kind = 'index' and v.object = i.name)
union all
select 'index-leakproof', i.name,
       'column ' || k.n || ' has no leakproof comparison, so row-level security never uses it'
  from tables t
  join pg_catalog.pg_index x on x.indrelid = t.oid
  join relations i on i.oid = x.indexrelid
 cross join lateral pg_catalog.unnest(x.indclass) with ordinality as k (opclass, n)
  join pg_catalog.pg_opclass o on o.oid = k.opclass
 where not t.exempt
   and not exists (
     select from pg_catalog.pg_amop m
       join pg_catalog.pg_operator e on e.oid = m.amopopr
       join pg_catalog.pg_proc f on f.oid = e.oprcode
       join pg_catalog.pg_am am on am.oid = m.amopmethod
      where m.amopfamily = o.opcfamily and m.amopstrategy = 3 and am.amname = 'btree'
        and m.amoplefttype = o.opcintype and m.amoprighttype = o.opcintype and f.proleakproof)
union all
select 'foreign-key', t.name, 'foreign key ' || c.conname || ' does not pair tenant_id with tenant_id'
  from pg_catalog.pg_constraint c
  join tables t on t.oid = c.conrelid
  join tables p on p.oid = c.confrelid
 where c.contype = 'f' and not t.exempt and not p.exempt
   and not exists (
     select from pg_catalog.generate_subscripts(c.conkey, 1) as k (i)
       join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[k.i]
       join pg_catalog.pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[k.i]
      where a.attname = 'tenant_id' and b.attname = 'tenant_id')
union all
select 'large-object', l.oid::text, 'large objects have no row-level security'
  from pg_catalog.pg_largeobject_metadata l
