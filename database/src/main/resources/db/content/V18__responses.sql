-- Responses (POST /v1/responses) that are to be found again by their id. One that follows another holds only what
-- is new: its input as it was sent, and the messages that the turn added to it.
create table ${schema}.responses (
  tenant_id uuid not null,
  user_id text not null,
  response_id text not null,
  previous_id text,
  input jsonb not null,
  said jsonb not null,
  response jsonb not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id, response_id)
);
select hermes.protect('${schema}.responses');
grant select, insert, delete on ${schema}.responses to hermes_app;
