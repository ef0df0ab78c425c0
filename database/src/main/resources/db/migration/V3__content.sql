-- What a tenant's users make: sessions, messages, usage, receipts, audit. Everything that only grows is
-- partitioned by time, never by tenant; keys and indexes start with tenant_id. A partitioned key must hold
-- created_at too: ids are UUIDv7 and a writer that may repeat itself repeats created_at with the id.

create table hermes.sessions (
  tenant_id uuid not null,
  session_id text not null check (session_id ~ '^[A-Za-z0-9._-]{1,128}$'),
  user_id text not null,
  title text,
  model text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  message_count int not null default 0 check (message_count >= 0),
  turn_started_at timestamptz,
  turn_owner text,
  primary key (tenant_id, user_id, session_id)
);
create index sessions_recent on hermes.sessions (tenant_id, user_id, updated_at);
select hermes.protect('hermes.sessions');
grant select, insert, update, delete on hermes.sessions to hermes_app;

create table hermes.messages (
  tenant_id uuid not null,
  user_id text not null,
  session_id text not null,
  message_id uuid not null,
  seq int not null,
  role text not null,
  content jsonb not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, message_id, created_at),
  foreign key (tenant_id, user_id, session_id) references hermes.sessions on delete cascade
) partition by range (created_at);
create index messages_of_session on hermes.messages (tenant_id, user_id, session_id, seq);
select hermes.protect('hermes.messages');
grant select, insert, delete on hermes.messages to hermes_app;

create table hermes.usage_records (
  tenant_id uuid not null,
  usage_id uuid not null,
  user_id text not null,
  key_id text not null,
  session_id text,
  request_id text not null,
  model text not null,
  provider text not null,
  prompt_tokens bigint not null check (prompt_tokens >= 0),
  completion_tokens bigint not null check (completion_tokens >= 0),
  tool_calls int not null check (tool_calls >= 0),
  cost_nanousd bigint not null,
  completeness text not null check (completeness in ('final', 'partial', 'estimated')),
  status text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, usage_id, created_at)
) partition by range (created_at);
create index usage_records_time on hermes.usage_records (tenant_id, created_at);
select hermes.protect('hermes.usage_records');
grant select, insert, update on hermes.usage_records to hermes_app;

create table hermes.execution_receipts (
  tenant_id uuid not null,
  receipt_id uuid not null,
  request_id text not null,
  tool_call_id text not null,
  session_id text,
  user_id text not null,
  tool text not null,
  policy text not null,
  sandbox text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed', 'timeout', 'refused')),
  input_sha256 bytea not null,
  output_sha256 bytea,
  output_bytes bigint,
  exit_code int,
  duration_ms bigint,
  truncated boolean not null default false,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, receipt_id, created_at)
) partition by range (created_at);
create index execution_receipts_time on hermes.execution_receipts (tenant_id, created_at);
create index execution_receipts_request on hermes.execution_receipts (tenant_id, request_id);
select hermes.protect('hermes.execution_receipts');
grant select, insert, update on hermes.execution_receipts to hermes_app;

-- Append only: the application may add and read, never change or remove.
create table hermes.audit_log (
  tenant_id uuid not null,
  audit_id uuid not null,
  actor text not null,
  action text not null,
  object text not null,
  outcome text not null check (outcome in ('allowed', 'denied')),
  detail jsonb not null default '{}',
  request_id text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, audit_id, created_at)
) partition by range (created_at);
create index audit_log_time on hermes.audit_log (tenant_id, created_at);
select hermes.protect('hermes.audit_log');
grant select, insert on hermes.audit_log to hermes_app;

select hermes.ensure_partitions();
