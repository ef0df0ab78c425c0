package dev.hermes.api.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** The rows of sandboxes that apps hold by name; one that has ended is not found here. */
@Singleton
public final class HeldLeases {
  private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};
  private static final String LIVE =
      """
       kind = 'held' and state in ('reserved', 'active')
         and least(idle_until, expires_at) > now()
      """;

  private final TenantDatabase database;
  private final Leases leases;
  private final ObjectMapper json;

  HeldLeases(@Named("home") TenantDatabase database, Leases leases, ObjectMapper json) {
    this.database = database;
    this.leases = leases;
    this.json = json;
  }

  /**
   * Which sandboxes are asked for.
   *
   * @param user empty: those of all users
   * @param metadata what a sandbox's metadata must contain
   * @param before only sandboxes older than this one
   */
  public record Filter(
      Optional<String> user,
      Map<String, String> metadata,
      Optional<String> policy,
      Optional<Instant> startedAfter,
      boolean oldestFirst,
      Optional<UUID> before,
      int limit) {}

  /**
   * Does work on leases and on the tenant's content: in one transaction, or, where its content is
   * in another database than the platform's rows, each statement in its own, in the work's order.
   */
  public <T> T with(TenantDatabase content, TenantId tenant, Supplier<T> work) {
    return leases.join(content, tenant)
        ? content.inTenant(tenant, handle -> work.get())
        : work.get();
  }

  /** Reserves a lease for the hold; false when the tenant has as many as it may. */
  public boolean reserve(SandboxHold hold, Map<String, String> metadata) {
    return leases.reserve(hold, Leases.Kind.HELD, write(metadata));
  }

  public Optional<HeldLease> find(TenantId tenant, UUID lease) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    "select * from hermes.sandbox_leases where tenant_id = :tenant and lease_id ="
                        + " :lease and"
                        + LIVE)
                .bind("tenant", tenant.value())
                .bind("lease", lease)
                .map((row, context) -> read(row))
                .findOne());
  }

  public List<HeldLease> list(TenantId tenant, Filter filter) {
    String order = filter.oldestFirst() ? "asc" : "desc";
    String beyond = filter.oldestFirst() ? ">" : "<";
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    "select * from hermes.sandbox_leases where tenant_id = :tenant and"
                        + LIVE
                        + """
                           and (:user::text is null or user_id = :user)
                           and (:policy::text is null or policy = :policy)
                           and metadata @> :metadata::jsonb
                           and (:after::timestamptz is null or created_at > :after)
                           and (:before::uuid is null or lease_id %s :before)
                         order by lease_id %s limit :limit
                        """
                            .formatted(beyond, order))
                .bind("tenant", tenant.value())
                .bind("user", filter.user())
                .bind("policy", filter.policy())
                .bind("metadata", write(filter.metadata()))
                .bind("after", filter.startedAfter().map(at -> at.atOffset(ZoneOffset.UTC)))
                .bind("before", filter.before())
                .bind("limit", filter.limit())
                .map((row, context) -> read(row))
                .list());
  }

  /**
   * Moves the end to so long from now, or to the last moment that the policy allows.
   *
   * @param shorten whether it may also move the end nearer
   */
  public Optional<HeldLease> extend(TenantId tenant, UUID lease, Duration lasts, boolean shorten) {
    String end = "now() + make_interval(secs => :lasts)";
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    "update hermes.sandbox_leases set renewed_at = now(), idle_until = "
                        + (shorten ? end : "greatest(idle_until, " + end + ")")
                        + " where tenant_id = :tenant and lease_id = :lease and"
                        + LIVE
                        + " returning *")
                .bind("lasts", lasts.toSeconds())
                .bind("tenant", tenant.value())
                .bind("lease", lease)
                .map((row, context) -> read(row))
                .findOne());
  }

  private HeldLease read(ResultSet row) throws SQLException {
    Instant idle = instant(row, "idle_until");
    Instant expires = instant(row, "expires_at");
    return new HeldLease(
        row.getObject("lease_id", UUID.class),
        row.getString("user_id"),
        row.getString("policy"),
        row.getString("namespace"),
        metadata(row.getString("metadata")),
        instant(row, "created_at"),
        idle.isBefore(expires) ? idle : expires,
        expires,
        Leases.pod(row));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  private Map<String, String> metadata(String text) {
    try {
      return json.readValue(text, TEXTS);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("metadata of a lease is no object of texts", e);
    }
  }

  private String write(Map<String, String> metadata) {
    try {
      return json.writeValueAsString(metadata);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings can be written", e);
    }
  }
}
