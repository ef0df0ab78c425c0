-- Rows that have expired are deleted whether or not their tenant comes again: the replicas of the API take turns at the
-- tenants. The rows lie where the tenant's isolation puts them; here is when each tenant had its last turn.
alter table hermes.tenants add column swept_at timestamptz not null default now();

-- For hermes_jobs, as lease.take_jobs. Takes the turn of up to p_most tenants that had none for p_pause. Their next one
-- is due after half of it to the whole, so that tenants that were made together are not swept together for ever.
create function lease.take_sweeps(p_pause interval, p_most int) returns table (tenant_id uuid)
  language plpgsql
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_tenant uuid;
begin
  for v_tenant in
    select t.tenant_id
      from hermes.tenants t
     where t.state <> 'deleted' and t.swept_at <= pg_catalog.clock_timestamp() - p_pause
     order by t.swept_at
     limit p_most
  loop
    perform pg_catalog.set_config('app.current_tenant', v_tenant::text, true);
    return query
      update hermes.tenants t
         set swept_at = pg_catalog.clock_timestamp() - p_pause * (pg_catalog.random() / 2)
       where t.tenant_id = v_tenant and t.swept_at <= pg_catalog.clock_timestamp() - p_pause
      returning t.tenant_id;
  end loop;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;
grant execute on function lease.take_sweeps(interval, int) to hermes_jobs;
