package dev.hermes.database.access;

/**
 * A pooled connection still carried a tenant, or rows of one in a held cursor. The connection was
 * thrown away and nothing was done; somebody has worked outside {@link TenantDatabase}.
 */
public final class LeftoverContextException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  LeftoverContextException() {
    super(
        "a pooled connection carried a tenant context or a held cursor; it was evicted and nothing was done");
  }
}
