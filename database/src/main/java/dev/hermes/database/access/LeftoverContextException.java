package dev.hermes.database.access;

/**
 * A pooled connection still carried a tenant. The connection was thrown away and nothing was done;
 * somebody has set the context outside {@link TenantDatabase}.
 */
public final class LeftoverContextException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  LeftoverContextException() {
    super("a pooled connection carried a tenant context; it was evicted and nothing was done");
  }
}
