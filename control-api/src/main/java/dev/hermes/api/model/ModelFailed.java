package dev.hermes.api.model;

import dev.hermes.api.problem.Failure;

/** A model call that came to no answer. */
public final class ModelFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;
  private final transient TokenUsage usage;

  ModelFailed(Failure failure, TokenUsage usage) {
    super(failure.message());
    this.failure = failure;
    this.usage = usage;
  }

  public Failure failure() {
    return failure;
  }

  /** What the provider will charge all the same. */
  public TokenUsage usage() {
    return usage;
  }
}
