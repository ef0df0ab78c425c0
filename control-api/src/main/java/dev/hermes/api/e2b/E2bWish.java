package dev.hermes.api.e2b;

import dev.hermes.api.held.SandboxWish;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a wish as E2B's clients send it; what has no like here is refused by name. */
final class E2bWish {
  /** What clients ask for when their user names no template. */
  private static final Set<String> DEFAULTS = Set.of("base", "code-interpreter-v1");

  private static final int SECONDS = 300;

  private E2bWish() {}

  static SandboxWish of(E2bWire.NewSandbox body) {
    if (body.templateID() == null || body.templateID().isEmpty()) {
      throw new ApiException(Failure.missing("templateID"));
    }
    refuse(
        Boolean.TRUE.equals(body.autoPause()), "autoPause", "a sandbox here ends, it never pauses");
    refuse(
        body.autoResume() != null && Boolean.TRUE.equals(body.autoResume().enabled()),
        "autoResume",
        "a sandbox here ends, it never pauses");
    refuse(isGiven(body.mcp()), "mcp", "POST /mcp offers tools over MCP");
    refuse(isGiven(body.iam()), "iam", "a sandbox has no identity at a cloud");
    refuse(
        body.volumeMounts() != null && !body.volumeMounts().isEmpty(),
        "volumeMounts",
        "a sandbox has its own disk only");
    return new SandboxWish(
        Optional.of(body.templateID()).filter(name -> !DEFAULTS.contains(name)),
        body.metadata() == null ? Map.of() : body.metadata(),
        Optional.of(Duration.ofSeconds(body.timeout() == null ? SECONDS : body.timeout())),
        body.envVars() == null ? Map.of() : body.envVars(),
        E2bNetwork.of(body));
  }

  static boolean isGiven(@Nullable Map<String, Object> member) {
    return member != null && !member.isEmpty();
  }

  static void refuse(boolean given, String param, String why) {
    if (given) {
      throw new ApiException(Failure.unsupported(param, param + " is not offered: " + why + "."));
    }
  }
}
