-- Requests that their clients may repeat (header Idempotency-Key): who is at work for a key, and what was answered.
-- The key is a digest, for a client may have made it of words that are nobody's business. An answer is its user's
-- content and stays until expires_at; one above 1 MiB is not kept, and body is null beside a status then.
create table ${schema}.idempotency_keys (
  tenant_id uuid not null,
  user_id text not null,
  key_sha256 bytea not null check (octet_length(key_sha256) = 32),
  request_sha256 bytea not null check (octet_length(request_sha256) = 32),
  -- the request that is at work, or was
  owner text not null,
  -- moved on while it lives; a key whose owner is dead may be taken over by a repetition
  alive_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  session_id text,
  -- what a repetition of a broken turn need not do again
  progress jsonb,
  -- null while nothing was answered
  status int check (status > 0),
  headers jsonb not null default '{}' check (jsonb_typeof(headers) = 'object'),
  body bytea check (octet_length(body) <= 1048576),
  primary key (tenant_id, user_id, key_sha256)
);
create index idempotency_keys_expiry on ${schema}.idempotency_keys (tenant_id, expires_at);
create index idempotency_keys_session on ${schema}.idempotency_keys (tenant_id, user_id, session_id)
  where session_id is not null;
select hermes.protect('${schema}.idempotency_keys');
grant select, insert, update, delete on ${schema}.idempotency_keys to hermes_app;
