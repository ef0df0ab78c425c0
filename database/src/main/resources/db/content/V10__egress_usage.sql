-- Bytes that a tenant's sandboxes moved through the egress proxy. A proxy sends a report again until it is
-- taken, so its id and its minute, which is created_at, are the key: counted once however often it comes.
create table ${schema}.egress_usage (
  tenant_id uuid not null,
  report_id uuid not null,
  bytes_out bigint not null check (bytes_out >= 0),
  bytes_in bigint not null check (bytes_in >= 0),
  created_at timestamptz not null,
  primary key (tenant_id, report_id, created_at)
) partition by range (created_at);
create index egress_usage_time on ${schema}.egress_usage (tenant_id, created_at);
select hermes.protect('${schema}.egress_usage');
grant select, insert on ${schema}.egress_usage to hermes_app;
select hermes.ensure_partitions('${schema}');
