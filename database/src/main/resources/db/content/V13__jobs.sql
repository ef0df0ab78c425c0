-- Jobs: programs that run to their end without anybody waiting, and what they leave behind. Where a job stands
-- on its way is hermes.job_turns, which the keepers of all replicas look through; this is what the tenant
-- wrote and what it gets. environment and inputs are emptied when the job has ended.
create table ${schema}.jobs (
  tenant_id uuid not null,
  job_id uuid not null,
  user_id text not null,
  key_id text not null,
  request_id text not null,
  policy text not null,
  language text not null check (language in ('python', 'bash')),
  code text not null,
  timeout_seconds int not null check (timeout_seconds > 0),
  environment jsonb not null,
  inputs jsonb not null,
  artifacts jsonb not null,
  metadata jsonb not null,
  status text not null check (
    status in ('queued', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'lost')),
  reason text,
  sandbox uuid,
  keeper uuid,
  exit_code int,
  stdout text,
  stderr text,
  stdout_truncated boolean not null default false,
  stderr_truncated boolean not null default false,
  left_out int not null default 0 check (left_out >= 0),
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, job_id)
);
create index jobs_of_user on ${schema}.jobs (tenant_id, user_id, job_id);
select hermes.protect('${schema}.jobs');
grant select, insert, update, delete on ${schema}.jobs to hermes_app;

-- A file that a job left, stored or not; no foreign key, for a keeper holds the job's row while it writes.
create table ${schema}.job_files (
  tenant_id uuid not null,
  job_id uuid not null,
  file_no int not null,
  path text not null,
  size bigint not null check (size >= 0),
  sha256 bytea,
  state text not null check (
    state in ('stored', 'too_large', 'too_many', 'link', 'unreadable', 'expired')),
  primary key (tenant_id, job_id, file_no)
);
select hermes.protect('${schema}.job_files');
grant select, insert, update, delete on ${schema}.job_files to hermes_app;

-- Its bytes, at most 1 MiB a row, so that they come and go at constant memory.
create table ${schema}.job_chunks (
  tenant_id uuid not null,
  job_id uuid not null,
  file_no int not null,
  chunk_no int not null,
  bytes bytea not null check (octet_length(bytes) <= 1048576),
  primary key (tenant_id, job_id, file_no, chunk_no)
);
alter table ${schema}.job_chunks alter column bytes set storage external;
select hermes.protect('${schema}.job_chunks');
grant select, insert, delete on ${schema}.job_chunks to hermes_app;
