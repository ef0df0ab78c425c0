package dev.hermes.operator.provision;

import java.sql.SQLException;

/** A statement failed; the caller's retry is the cure. */
public final class SqlFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SqlFailure(SQLException cause) {
    super(cause.getMessage(), cause);
  }
}
