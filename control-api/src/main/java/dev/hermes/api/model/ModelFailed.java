package dev.hermes.api.model;

import dev.hermes.api.model.dialect.Refusal;
import dev.hermes.api.model.route.Breaker;
import dev.hermes.api.problem.Failure;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** A model call that came to no answer. */
public final class ModelFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final transient Failure failure;
  private final transient TokenUsage usage;
  private final transient Optional<Duration> retryAfter;

  /** What a failure says of the upstream, and whether there is use in asking again. */
  public enum Kind {
    /** The request itself is refused: every upstream would. */
    REFUSED,
    /** The upstream is well, but we are at our limit there. */
    LIMITED,
    /** Our account or key there is wrong; it is not asked twice. */
    MISCONFIGURED,
    /** The upstream does not have this model, or not what the request wants of it. */
    ABSENT,
    SILENT,
    UNREACHABLE,
    FAILED;

    /** No upstream is asked after this one. */
    public boolean isFinal() {
      return this == REFUSED;
    }

    /** How such a call ended, for its figure: the client's mistake is not the provider's. */
    public String status() {
      return this == REFUSED ? "refused" : "failed";
    }

    /** The same upstream may do better a moment later. */
    public boolean mayBeAskedAgain() {
      return this != REFUSED && this != MISCONFIGURED && this != ABSENT;
    }

    public Breaker.End end() {
      return switch (this) {
        case REFUSED -> Breaker.End.WELL;
        case LIMITED, ABSENT -> Breaker.End.UNTOLD;
        case MISCONFIGURED, SILENT, UNREACHABLE, FAILED -> Breaker.End.BADLY;
      };
    }

    /** As metrics name it. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public ModelFailed(Kind kind, Failure failure, TokenUsage usage) {
    this(kind, failure, usage, Optional.empty());
  }

  /**
   * @param retryAfter when the upstream wants to be asked again, as it said itself
   */
  public ModelFailed(Kind kind, Failure failure, TokenUsage usage, Optional<Duration> retryAfter) {
    super(failure.message());
    this.kind = kind;
    this.failure = failure;
    this.usage = usage;
    this.retryAfter = retryAfter;
  }

  /** The same after all that was spent before it, its own included. */
  public ModelFailed with(TokenUsage spent) {
    ModelFailed all = new ModelFailed(kind, failure, spent, retryAfter);
    all.initCause(this);
    return all;
  }

  /** Whether the messages do not fit the model's window. */
  public boolean isTooLong() {
    return kind == Kind.REFUSED && Refusal.TOO_LONG.equals(failure.code());
  }

  public Kind kind() {
    return kind;
  }

  public Failure failure() {
    return failure;
  }

  /** What the provider will charge all the same. */
  public TokenUsage usage() {
    return usage;
  }

  public Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
