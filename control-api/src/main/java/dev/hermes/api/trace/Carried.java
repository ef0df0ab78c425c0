package dev.hermes.api.trace;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Takes a request's scope to a thread of our own; whoever starts one for a request uses it. */
public final class Carried {
  private Carried() {}

  /** Work that belongs to the answer: the request lasts until it is done. It must be run, once. */
  public static Runnable over(Runnable work) {
    Bound bound = Bound.CURRENT.get();
    if (bound == null) {
      return work;
    }
    bound.scope().begun();
    return () -> {
      try {
        run(bound, work);
      } finally {
        bound.scope().ended();
      }
    };
  }

  /** Work that goes on when the request may be over. */
  public static Runnable beyond(Runnable work) {
    Bound bound = Bound.CURRENT.get();
    return bound == null ? work : () -> run(bound, work);
  }

  /** Work that the request's own thread waits for. */
  public static <T> Callable<T> beside(Callable<T> work) {
    Bound bound = Bound.CURRENT.get();
    if (bound == null) {
      return work;
    }
    return () -> {
      @Nullable Bound before = Bound.enter(bound);
      try {
        return work.call();
      } finally {
        Bound.enter(before);
      }
    };
  }

  private static void run(Bound bound, Runnable work) {
    @Nullable Bound before = Bound.enter(bound);
    try {
      work.run();
    } finally {
      Bound.enter(before);
    }
  }
}
