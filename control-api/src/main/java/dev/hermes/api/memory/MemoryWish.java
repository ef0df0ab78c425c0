package dev.hermes.api.memory;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import io.micronaut.http.HttpRequest;

/** Whether a turn knows what is kept for its user, and the model may look it up. */
public final class MemoryWish {
  public static final String HEADER = "X-Hermes-Memory";

  private MemoryWish() {}

  /**
   * What the header says; without it, on for the turns of a session. Code in a sandbox gets none:
   * what it was made to run would read, by way of the model, what its token does not open.
   */
  public static boolean of(HttpRequest<?> http, boolean session) {
    boolean callback = Principal.of(http).sandbox().isPresent();
    String header = http.getHeaders().get(HEADER);
    if (header == null) {
      return session && !callback;
    }
    return switch (header.strip()) {
      case "off" -> false;
      case "on" -> {
        if (callback) {
          throw new ApiException(
              Failure.forbidden(
                  "callback_not_allowed",
                  "Code in a sandbox may not ask for memories with its HERMES_TOKEN."));
        }
        yield true;
      }
      default -> throw new ApiException(Failure.invalid(HEADER, HEADER + " is on or off."));
    };
  }
}
