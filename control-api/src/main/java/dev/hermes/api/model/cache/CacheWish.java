package dev.hermes.api.model.cache;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import org.jspecify.annotations.Nullable;

/** Whether a request takes an answer that was given before; only one that says so does. */
public final class CacheWish {
  public static final String HEADER = "X-Hermes-Cache";

  private CacheWish() {}

  /** Of the header's value: {@code use}, or none. */
  public static boolean parse(@Nullable String header) {
    if (header == null) {
      return false;
    }
    if (header.strip().equals("use")) {
      return true;
    }
    throw new ApiException(Failure.invalid(HEADER, "Give 'use', or leave the header out."));
  }
}
