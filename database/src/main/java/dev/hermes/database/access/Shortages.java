package dev.hermes.database.access;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLTransientConnectionException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import javax.sql.DataSource;

/**
 * The pools that let somebody wait in vain for a connection, and still let others wait: who comes
 * now would wait behind those.
 */
final class Shortages {
  private final Map<DataSource, Long> inVain = Collections.synchronizedMap(new WeakHashMap<>());

  /** Somebody got no connection of the pool. */
  void noted(DataSource pool) {
    inVain.put(pool, System.nanoTime());
  }

  /** Throws what a caller would get who waited for a connection of the pool. */
  void require(DataSource pool) {
    Long since = inVain.get(pool);
    if (since == null) {
      return;
    }
    // whoever waited then has got one by now, or has waited in vain and was noted
    if (System.nanoTime() - since > Pools.ACQUIRE.toNanos()) {
      inVain.remove(pool, since);
      return;
    }
    if (pool instanceof HikariDataSource hikari
        && hikari.getHikariPoolMXBean().getThreadsAwaitingConnection() > 0) {
      throw new DatabaseException(
          "no database connection",
          new SQLTransientConnectionException("others wait in vain for one of this pool"));
    }
  }
}
