-- Who deletes a response deletes what is kept to repeat its answer (header Idempotency-Key): the key's row names it.
alter table ${schema}.idempotency_keys add column response_id text;
create index idempotency_keys_response on ${schema}.idempotency_keys (tenant_id, user_id, response_id)
  where response_id is not null;

-- Responses are kept for a time (hermes.responses-kept): the oldest are found without reading the others.
create index responses_age on ${schema}.responses (tenant_id, created_at);
