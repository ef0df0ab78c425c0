package dev.hermes.api.sweep;

import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** Whose turn it is to be swept, and that each is swept by one replica. */
@Singleton
final class SweepTurns {
  private final Jdbi turns;

  SweepTurns(@Named("jobs") Jdbi turns) {
    this.turns = turns;
  }

  /** The tenants that were not taken for {@code pause}, whose turn was longest ago first. */
  List<TenantId> take(Duration pause, int most) {
    return turns.withHandle(handle ->
        handle
            .createQuery("select * from lease.take_sweeps(make_interval(secs => :pause), :most)")
            .bind("pause", pause.toMillis() / 1000.0)
            .bind("most", most)
            .mapTo(UUID.class)
            .map(TenantId::new)
            .list());
  }
}
