-- Instructions that a tenant or one of its users has installed for its models: documents by name, and of what their
-- heads say as much as is asked for without the document.
create table ${schema}.skills (
  tenant_id uuid not null,
  -- whose; empty: the tenant's own, for all of its users
  user_id text not null,
  -- safe as one part of any path
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and octet_length(name) <= 64),
  description text not null check (char_length(description) between 1 and 1024),
  sandbox_required boolean not null,
  -- null: the skill does not say
  allowed_tools text[],
  sandbox_tools text[],
  timeout_seconds int check (timeout_seconds between 1 and 3600),
  document text not null check (octet_length(document) between 1 and 65536),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, user_id, name)
);
select hermes.protect('${schema}.skills');
grant select, insert, update, delete on ${schema}.skills to hermes_app;

-- They lie where the tenant's isolation puts them. The name goes behind those that are there, whichever they are:
-- this script also runs, later, on the schema of a tenant that was behind, and must take no newer name away.
do $list$
declare
  v_names text;
begin
  if not exists (select from layout.content_tables() where name = 'skills') then
    select pg_catalog.string_agg(pg_catalog.quote_literal(name), ', ' order by place) into v_names
      from layout.content_tables();
    execute pg_catalog.format(
      $function$
      create or replace function layout.content_tables() returns table (name name, place int)
        language sql
        immutable
        set search_path = ''
      as $$
        select c.name::name, c.place::int
          from pg_catalog.unnest(array[%s, 'skills']) with ordinality as c (name, place)
      $$
      $function$,
      v_names);
  end if;
end
$list$;
