package dev.hermes.database.access;

import java.sql.Connection;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The transaction the current scope runs in. It belongs to the thread that began it. */
final class TenantTransaction {
  static final ScopedValue<TenantTransaction> CURRENT = ScopedValue.newInstance();

  private final TenantDatabase database;
  private final Place place;
  private final TenantId tenant;
  private final Connection connection;
  private final Thread owner = Thread.currentThread();
  private @Nullable Handle handle;

  TenantTransaction(TenantDatabase database, Place place, TenantId tenant, Connection connection) {
    this.database = database;
    this.place = place;
    this.tenant = tenant;
    this.connection = BoundConnection.of(connection);
  }

  /** The transaction of this thread, or an exception that says what is missing. */
  static TenantTransaction require() {
    if (!CURRENT.isBound()) {
      throw new IllegalStateException(
          "no tenant is bound: reach tenant tables inside TenantDatabase.inTenant");
    }
    TenantTransaction current = CURRENT.get();
    if (current.owner != Thread.currentThread()) {
      throw new IllegalStateException(
          "a tenant's transaction was used by another thread than the one that began it");
    }
    return current;
  }

  TenantDatabase database() {
    return database;
  }

  Place place() {
    return place;
  }

  TenantId tenant() {
    return tenant;
  }

  Connection connection() {
    return connection;
  }

  void use(Handle opened) {
    this.handle = opened;
  }

  Handle handle() {
    if (handle == null) {
      throw new IllegalStateException("the transaction has not begun");
    }
    return handle;
  }
}
