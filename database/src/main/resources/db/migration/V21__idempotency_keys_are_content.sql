-- idempotency_keys (db/content, V20) lie where the tenant's isolation puts them.
create or replace function layout.content_tables() returns table (name name, place int)
  language sql
  immutable
  set search_path = ''
as $$
  select c.name::name, c.place::int
    from pg_catalog.unnest(array[
      'isolation_canary', 'sessions', 'messages', 'usage_records', 'execution_receipts', 'audit_log',
      'egress_usage', 'jobs', 'job_files', 'job_chunks', 'memories', 'user_profiles', 'responses',
      'idempotency_keys'
    ]) with ordinality as c (name, place)
$$;
