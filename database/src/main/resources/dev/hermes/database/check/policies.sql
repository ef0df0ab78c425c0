-- Rules 4-6: on each tenant table exactly the four policies, all with the text of isolation_canary's, and
-- that text is the one we mean. Anything else is an entry of the reviewed list, word for word.
,
canary as (
  select p.command, p.using_text, p.check_text
    from policies p
   where p.table_name = 'hermes.isolation_canary' and p.polname = 'tenant_' || p.command
),
meant (command, using_text, check_text) as (
  select c.command,
         case when c.command <> 'insert' then e.expression end,
         case when c.command in ('insert', 'update') then e.expression end
    from (values ('select'), ('insert'), ('update'), ('delete')) as c (command)
   cross join (values (
     '(tenant_id = ( SELECT (NULLIF(current_setting(''app.current_tenant''::text, true), ''''::text))::uuid'
     || ' AS "nullif"))')) as e (expression)
),
tenant_policies as (
  select p.* from policies p
   where p.polname = 'tenant_' || p.command and p.polpermissive and not p.relispartition
)
select 'policy-missing', t.name, 'no policy lets hermes_app ' || m.command || ' its own rows alone'
  from tables t
 cross join meant m
 where not t.exempt and not t.relispartition
   and not exists (
     select from tenant_policies p
      where p.table_oid = t.oid and p.command = m.command and 'hermes_app' = any (p.roles))
union all
select 'policy-purge', t.name,
       'no policy lets hermes_owner ' || c.command || ' its rows: a purge would leave them'
  from tables t
 cross join (values ('select'), ('update'), ('delete')) as c (command)
 where not t.exempt and not t.relispartition
   and not exists (
     select from policies p
      where p.table_oid = t.oid and p.command = c.command and p.polpermissive
        and 'hermes_owner' = any (p.roles))
union all
select 'canary-text', 'hermes.isolation_canary', 'policy for ' || m.command || ' does not say what it must'
  from meant m
 where not exists (
   select from canary c
    where c.command = m.command
      and c.using_text is not distinct from m.using_text
      and c.check_text is not distinct from m.check_text)
union all
select 'policy-text', p.table_name, 'policy ' || p.polname || ' differs from the one of isolation_canary'
  from tenant_policies p
 where not exists (
   select from canary c
    where c.command = p.command
      and c.using_text is not distinct from p.using_text
      and c.check_text is not distinct from p.check_text)
union all
select 'policy-role', p.table_name, 'policy ' || p.polname || ' also applies to ' || r.name
  from tenant_policies p
 cross join lateral pg_catalog.unnest(p.roles) as r (name)
 -- hermes_owner, whom nobody logs in as, acts through reviewed functions alone
 where r.name not in ('hermes_app', 'hermes_owner')
   and not exists (
     select from reviewed v where v.kind = 'policy-role' and v.object = p.table_name || ' ' || r.name)
union all
select 'policy-extra', p.table_name, 'unreviewed policy: ' || p.definition
  from (
    select p.table_name, p.polname, p.polpermissive, p.command, p.relispartition,
           p.polname || ' ' || case when p.polpermissive then '' else 'restrictive ' end || p.command
             || ' to ' || pg_catalog.array_to_string(p.roles, ', ')
             || coalesce(' using (' || p.using_text || ')', '')
             || coalesce(' check (' || p.check_text || ')', '') as definition
      from policies p
  ) p
 where (p.polname <> 'tenant_' || p.command or not p.polpermissive or p.relispartition)
   and not exists (
     select from reviewed v where v.kind = 'policy' and v.object = p.table_name || ' ' || p.definition)
