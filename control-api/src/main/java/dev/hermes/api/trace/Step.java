package dev.hermes.api.trace;

import java.util.List;
import java.util.Optional;

/**
 * A piece of a request's work, on its trace where one is kept. Who does the work begins it and
 * closes it on the same thread. Never give it what a user wrote: no prompt, answer, argument, code.
 */
public abstract class Step implements AutoCloseable {
  /** Where nothing is traced. It costs nothing, and loads no class of OpenTelemetry. */
  static final Step NONE = new Untraced();

  Step() {}

  /** Begins a part of what this thread does. */
  public static Step begin(String what) {
    return begin(what, "");
  }

  /** The same; the name is put together only where it is kept. */
  public static Step begin(String what, String of) {
    Bound bound = Bound.CURRENT.get();
    return bound == null ? NONE : bound.step().child(what, of, false);
  }

  /** Begins a part in which another program works for us. */
  public static Step calling(String what, String of) {
    Bound bound = Bound.CURRENT.get();
    return bound == null ? NONE : bound.step().child(what, of, true);
  }

  /** What this thread does now. */
  public static Step current() {
    Bound bound = Bound.CURRENT.get();
    return bound == null ? NONE : bound.step();
  }

  /** The W3C header with which another program goes on from what this thread does now. */
  public static Optional<String> traceparent() {
    return current().header();
  }

  /** Whether anybody will see it. */
  public final boolean isKept() {
    return this != NONE;
  }

  public abstract Step with(String key, String value);

  public abstract Step with(String key, long value);

  public abstract Step with(String key, List<String> values);

  /** It did not do what it was for; {@code type} is one of few words, never a message. */
  public abstract Step failed(String type);

  /** Never throws. */
  @Override
  public abstract void close();

  abstract Step child(String what, String of, boolean calling);

  abstract Optional<String> header();

  /** For log lines; empty where nothing is traced. */
  abstract String traceId();

  /** For the first step of a request, whose name is known at its end. */
  abstract Step named(String name);

  private static final class Untraced extends Step {
    @Override
    public Step with(String key, String value) {
      return this;
    }

    @Override
    public Step with(String key, long value) {
      return this;
    }

    @Override
    public Step with(String key, List<String> values) {
      return this;
    }

    @Override
    public Step failed(String type) {
      return this;
    }

    @Override
    public void close() {
      // nothing was begun
    }

    @Override
    Step child(String what, String of, boolean calling) {
      return this;
    }

    @Override
    Optional<String> header() {
      return Optional.empty();
    }

    @Override
    String traceId() {
      return "";
    }

    @Override
    Step named(String name) {
      return this;
    }
  }
}
