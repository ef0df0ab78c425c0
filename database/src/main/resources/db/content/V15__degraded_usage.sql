-- Whether a request was answered, in part at least, by a provider that is only asked when others fail.
alter table ${schema}.usage_records add column degraded boolean not null default false;
