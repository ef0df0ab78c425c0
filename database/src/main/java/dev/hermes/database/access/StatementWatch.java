package dev.hermes.database.access;

/** Told of each statement that was run for a tenant; the API makes figures of it. */
@FunctionalInterface
public interface StatementWatch {
  /**
   * Called on the thread of the statement, whether it was done or failed.
   *
   * @param sql as it is written in the code, with no values in it
   */
  void took(TenantId tenant, String sql, long nanos);
}
