package dev.hermes.api.receipt;

import dev.hermes.api.receipt.ReceiptController.Row;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads pages of receipts; ids are UUIDv7, so their order is that of time. */
@Singleton
final class ReceiptList {
  private final TenantDatabase database;

  ReceiptList(TenantDatabase database) {
    this.database = database;
  }

  record Filter(
      Optional<String> user,
      Optional<UUID> before,
      Optional<String> session,
      Optional<String> request,
      int most) {}

  List<Row> list(TenantId tenant, Filter filter) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select * from execution_receipts
                    where tenant_id = :tenant
                      and (:user::text is null or user_id = :user)
                      and (:before::uuid is null or receipt_id < :before::uuid)
                      and (:session::text is null or session_id = :session)
                      and (:request::text is null or request_id = :request)
                    order by receipt_id desc limit :most
                    """)
                .bind("tenant", tenant.value())
                .bind("user", filter.user())
                .bind("before", filter.before().map(UUID::toString))
                .bind("session", filter.session())
                .bind("request", filter.request())
                .bind("most", filter.most())
                .map((row, context) -> read(row))
                .list());
  }

  private static Row read(ResultSet row) throws SQLException {
    return new Row(
        row.getString("receipt_id"),
        "execution_receipt",
        row.getString("request_id"),
        row.getString("tool_call_id"),
        row.getString("session_id"),
        row.getString("user_id"),
        row.getString("tool"),
        row.getString("policy"),
        row.getString("sandbox"),
        row.getString("status"),
        hex(row.getBytes("input_sha256")),
        hex(row.getBytes("output_sha256")),
        row.getObject("output_bytes", Long.class),
        row.getObject("exit_code", Integer.class),
        row.getObject("duration_ms", Long.class),
        row.getBoolean("truncated"),
        String.valueOf(time(row, "created_at")),
        time(row, "finished_at"));
  }

  private static @Nullable String hex(byte @Nullable [] bytes) {
    return bytes == null || bytes.length == 0 ? null : HexFormat.of().formatHex(bytes);
  }

  private static @Nullable String time(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant().toString();
  }
}
