package dev.hermes.operator.faults;

/** What may happen to one write on its way. */
enum Fault {
  NONE,
  /** The process dies; the server never hears of the write. */
  KILL_BEFORE,
  /** The server has done it; the process dies before it hears the answer. */
  KILL_AFTER,
  /** The connection breaks; the server never hears of it. */
  DROP_BEFORE,
  /** The server has done it; the connection breaks before the answer. */
  DROP_AFTER,
  /** The same request twice; the second answer is the one that is heard. */
  DUPLICATE,
  /** Half a second late. */
  DELAY,
  CONFLICT,
  SERVER_ERROR,
  TOO_MANY;

  /** The status of an answer that the server never gave; 0 for the other faults. */
  int status() {
    return switch (this) {
      case CONFLICT -> 409;
      case SERVER_ERROR -> 500;
      case TOO_MANY -> 429;
      default -> 0;
    };
  }

  boolean kills() {
    return this == KILL_BEFORE || this == KILL_AFTER;
  }

  /** Whether it can happen to a commit: PostgreSQL answers none of the HTTP errors. */
  boolean fitsSql() {
    return kills() || this == DROP_BEFORE || this == DROP_AFTER || this == DELAY;
  }
}
