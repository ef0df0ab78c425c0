-- Rule 13 and ownership: whoever runs a SECURITY DEFINER function acts as hermes_owner, so each is reviewed
-- by name and none takes its objects from the caller's search_path.
select 'definer', f.name, 'unreviewed SECURITY DEFINER function'
  from functions f
 where f.prosecdef
   and not exists (select from reviewed v where v.kind = 'definer' and v.object = f.name)
union all
select 'search-path', f.name, 'function without a fixed search_path'
  from functions f
 where not exists (
   select from pg_catalog.unnest(f.proconfig) as c (setting)
    where c.setting in ('search_path=""', 'search_path=pg_catalog', 'search_path=pg_catalog, pg_temp'))
union all
select 'owner', o.name, 'belongs to ' || o.owner::text || ' and not to hermes_owner'
  from (
    select f.name, pg_catalog.pg_get_userbyid(f.proowner) as owner from functions f
    union all
    select r.name, pg_catalog.pg_get_userbyid(r.relowner) from relations r
    union all
    select n.nspname, pg_catalog.pg_get_userbyid(n.nspowner) from ours n where n.nspname <> 'public'
  ) o
 where o.owner <> 'hermes_owner'
   and not exists (
     select from reviewed v where v.kind = 'owner' and v.object = o.name || ' ' || o.owner)
