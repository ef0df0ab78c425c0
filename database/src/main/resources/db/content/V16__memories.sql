-- What is kept for a user across conversations: notes by key, and one profile. Searched without an index of
-- its own: @@ is not leakproof, so under row-level security a GIN index would never be used, and memories_recent
-- leads to the at most 1,000 rows of a user. 'simple' knows no language: notes are in any, and names matter.
create table ${schema}.memories (
  tenant_id uuid not null,
  user_id text not null,
  key text not null check (key ~ '^[A-Za-z0-9._-]{1,128}$'),
  content text not null check (octet_length(content) between 1 and 8192),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  search tsvector not null generated always as (
    setweight(to_tsvector('simple', translate(key, '._-', '   ')), 'A')
      || setweight(to_tsvector('simple', content), 'B')) stored,
  primary key (tenant_id, user_id, key)
);
create index memories_recent on ${schema}.memories (tenant_id, user_id, updated_at, key);
select hermes.protect('${schema}.memories');
grant select, insert, update, delete on ${schema}.memories to hermes_app;

create table ${schema}.user_profiles (
  tenant_id uuid not null,
  user_id text not null,
  document jsonb not null check (jsonb_typeof(document) = 'object'),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, user_id)
);
select hermes.protect('${schema}.user_profiles');
grant select, insert, update, delete on ${schema}.user_profiles to hermes_app;
