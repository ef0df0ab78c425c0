-- As a later release might: a column, an index, and a table of content.
alter table ${schema}.sessions add column mood text;
create index sessions_mood on ${schema}.sessions (tenant_id, mood);
