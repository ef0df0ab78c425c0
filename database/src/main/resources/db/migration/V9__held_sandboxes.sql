-- Sandboxes that an app holds by name, beside those of sessions: the lease says what the app wrote on it.
-- Its end is idle_until, which the app sets; expires_at stays the bound that no one moves.

alter table hermes.sandbox_leases
  add column kind text not null default 'session' check (kind in ('session', 'held')),
  add column metadata jsonb not null default '{}'
    check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384);
