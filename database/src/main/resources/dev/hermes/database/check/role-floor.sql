-- Why the connected role is stronger than a serving process may be: one reason a row.
with connected as (
  select r.* from pg_catalog.pg_roles r where r.rolname in (session_user, current_user)
),
owners as (
  select c.relowner as oid from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  union
  select n.nspowner from pg_catalog.pg_namespace n
   where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
)
select c.rolname, 'is a superuser' from connected c where c.rolsuper
union all
select c.rolname, 'bypasses row-level security' from connected c where c.rolbypassrls
union all
select c.rolname, 'may create roles' from connected c where c.rolcreaterole
union all
select c.rolname, 'may create databases' from connected c where c.rolcreatedb
union all
select c.rolname, 'may replicate' from connected c where c.rolreplication
union all
select c.rolname, 'owns tables or schemas' from connected c join owners o on o.oid = c.oid
union all
select c.rolname, 'is a member of ' || g.rolname
  from connected c
  join pg_catalog.pg_roles g on g.oid <> c.oid and pg_catalog.pg_has_role(c.oid, g.oid, 'member')
 where not c.rolsuper
   and (g.rolsuper or g.rolbypassrls or g.rolcreaterole or g.rolcreatedb or g.rolreplication
     or g.rolname ~ '^pg_' or g.oid in (select oid from owners))
