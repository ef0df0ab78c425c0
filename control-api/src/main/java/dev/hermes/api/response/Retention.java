package dev.hermes.api.response;

import dev.hermes.api.sweep.Expiring;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Deletes responses that have been kept long enough, as OpenAI does after 30 days. */
@Singleton
final class Retention implements Expiring {
  private static final String DELETE =
      """
      delete from responses
      where tenant_id = :tenant and (user_id, response_id) in (
        select user_id, response_id from responses
        where tenant_id = :tenant and created_at <= now() - make_interval(secs => :kept)
        order by created_at limit :most)
      """;

  private final TenantDatabase database;
  private final Duration kept;

  /**
   * @param kept how long a response is there; longer than an answer is kept for its key
   */
  Retention(TenantDatabase database, @Value("${hermes.responses-kept:30d}") Duration kept) {
    this.database = database;
    this.kept = kept;
  }

  @Override
  public String name() {
    return "responses";
  }

  @Override
  public int expire(TenantId tenant) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate(DELETE)
                .bind("tenant", tenant.value())
                .bind("kept", (double) kept.toSeconds())
                .bind("most", MOST)
                .execute());
  }
}
