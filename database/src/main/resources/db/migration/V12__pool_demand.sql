-- How much a pool is used: the operator keeps warm what lately was claimed, and nothing where nobody came.

create index sandbox_leases_created on hermes.sandbox_leases (tenant_id, created_at);

-- The claims of every tenant within p_within: the last one a namespace and policy, and the times of those
-- within p_recent. Times and names of places, no user.
create function lease.claims(p_within interval, p_recent interval)
  returns table (namespace text, policy text, last_claim timestamptz, recent timestamptz[])
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select c.namespace, c.policy, c.last_claim, c.recent
      from hermes.tenants t
     cross join lateral (
       select l.namespace, l.policy, max(l.created_at) as last_claim,
              coalesce(
                array_agg(l.created_at order by l.created_at)
                  filter (where l.created_at > pg_catalog.now() - p_recent),
                '{}') as recent
         from hermes.sandbox_leases l
        where l.tenant_id = t.tenant_id and l.created_at > pg_catalog.now() - p_within
        group by l.namespace, l.policy) c;
end
$$;
grant execute on function lease.claims(interval, interval) to hermes_provisioner;
