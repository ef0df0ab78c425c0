package dev.hermes.api.problem;

/** How many entries of a list an answer may hold, the same for all lists. */
public final class PageLimit {
  public static final int MOST = 100;

  private PageLimit() {}

  /** The limit, if it is 1 to {@value #MOST}; else 400. */
  public static int checked(int limit) {
    if (limit < 1 || limit > MOST) {
      throw new ApiException(Failure.invalid("limit", "limit is 1 to " + MOST + "."));
    }
    return limit;
  }
}
