-- Jobs on their way. Their content (db/content, V13) lies where the tenant's isolation puts it; here is what
-- the keepers of all replicas need to find the next thing to do. Steps: queued → claiming → starting →
-- running → ended; a job comes to starting once in its life, so its program never runs twice.

-- jobs (db/content, V13) lie where the tenant's isolation puts them.
create or replace function layout.content_tables() returns table (name name, place int)
  language sql
  immutable
  set search_path = ''
as $$
  select c.name::name, c.place::int
    from pg_catalog.unnest(array[
      'isolation_canary', 'sessions', 'messages', 'usage_records', 'execution_receipts', 'audit_log',
      'egress_usage', 'jobs', 'job_files', 'job_chunks'
    ]) with ordinality as c (name, place)
$$;

-- A job's sandbox counts like any other and is in no list of sandboxes.
alter table hermes.sandbox_leases
  drop constraint sandbox_leases_kind_check,
  add constraint sandbox_leases_kind_check check (kind in ('session', 'held', 'job'));

create table hermes.job_turns (
  tenant_id uuid not null,
  job_id uuid not null,
  step text not null check (step in ('queued', 'claiming', 'starting', 'running', 'ended')),
  lease_id uuid,
  turn uuid,
  due_at timestamptz not null,
  silent_since timestamptz,
  for_room boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (tenant_id, job_id)
);
-- Small: of the ended, which wait for their artefacts to expire, there are many.
create index job_turns_live on hermes.job_turns (tenant_id, job_id) where step <> 'ended';
select hermes.protect('hermes.job_turns');
create policy owner_reads on hermes.job_turns for select to hermes_owner using (true);
grant select, insert, update, delete on hermes.job_turns to hermes_app;

-- For hermes_jobs, the API's background work, which has no right to any table; hermes_app calls nothing that
-- acts as the owner. Takes the turn of up to p_most jobs that are due, so that nobody else has it for p_hold. Ids, and a number
-- by which each later word of the taker is told from one that comes too late.
create function lease.take_jobs(p_ended boolean, p_hold interval, p_most int)
  returns table (tenant_id uuid, job_id uuid, turn uuid)
  language plpgsql
  security definer
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_before text := pg_catalog.current_setting('app.current_tenant', true);
  v_job record;
begin
  for v_job in
    select d.tenant_id, d.job_id
      from (
        select l.tenant_id, l.job_id, l.due_at
          from hermes.job_turns l
         where not p_ended and l.step <> 'ended' and l.due_at <= pg_catalog.clock_timestamp()
        union all
        select e.tenant_id, e.job_id, e.due_at
          from hermes.job_turns e
         where p_ended and e.step = 'ended' and e.due_at <= pg_catalog.clock_timestamp()
      ) d
      join hermes.tenants t on t.tenant_id = d.tenant_id
     where t.state <> 'deleted'
     order by d.due_at
     limit p_most
  loop
    perform pg_catalog.set_config('app.current_tenant', v_job.tenant_id::text, true);
    return query
      update hermes.job_turns j
         set turn = pg_catalog.gen_random_uuid(), due_at = pg_catalog.clock_timestamp() + p_hold
       where j.tenant_id = v_job.tenant_id
         and j.job_id = (
           select f.job_id from hermes.job_turns f
            where f.tenant_id = v_job.tenant_id and f.job_id = v_job.job_id
              and f.due_at <= pg_catalog.clock_timestamp()
              for update skip locked)
      returning j.tenant_id, j.job_id, j.turn;
  end loop;
  perform pg_catalog.set_config('app.current_tenant', coalesce(v_before, ''), true);
end
$$;
grant usage on schema lease to hermes_jobs;
grant execute on function lease.take_jobs(boolean, interval, int) to hermes_jobs;
