package dev.hermes.api.problem;

/** Ends a request with a {@link Failure}, where no caller decides about it. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  public ApiException(Failure failure) {
    // an answer, not a bug: no stack trace is taken
    super(failure.message(), null, false, false);
    this.failure = failure;
  }

  public Failure failure() {
    return failure;
  }
}
