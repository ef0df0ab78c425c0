package dev.hermes.api.held;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Refuses what cannot be granted, in words that say what can. Whoever makes sandboxes for apps asks
 * here.
 */
public final class WishCheck {
  private static final int MOST_ENTRIES = 64;
  private static final int MOST_CHARACTERS = 8192;

  private WishCheck() {}

  /**
   * The tenant's policy of this name; absent: its first. 403 without any, 404 for an unknown one,
   * 503 while none of its sandboxes can run.
   */
  public static EffectivePolicy policy(EffectiveTenant tenant, Optional<String> name) {
    if (tenant.namespace() == null || tenant.policies().isEmpty()) {
      throw new ApiException(
          Failure.forbidden(
              "no_sandbox_policy",
              "This tenant has no sandboxes; its platform team can list a SandboxPolicy."));
    }
    EffectivePolicy policy =
        name.isEmpty()
            ? tenant.policies().getFirst()
            : tenant
                .policy(name.get())
                .orElseThrow(() -> new ApiException(unknown(tenant, name.get())));
    if (policy.unavailable() != null) {
      throw new ApiException(
          Failure.unavailable(
              "sandbox_unavailable", "No sandbox can run: " + policy.unavailable()));
    }
    return policy;
  }

  private static Failure unknown(EffectiveTenant tenant, String name) {
    return Failure.notFound(
        "There is no sandbox policy '%s' here; there is %s."
            .formatted(
                name,
                tenant.policies().stream()
                    .map(EffectivePolicy::name)
                    .collect(Collectors.joining(", "))));
  }

  static Duration lasts(EffectivePolicy policy, SandboxWish wish) {
    Duration lasts = wish.lasts().orElse(Duration.ofSeconds(policy.limits().idleTimeoutSeconds()));
    within(lasts, policy.limits().maxLifetimeSeconds(), 1);
    return lasts;
  }

  static void within(Duration lasts, int most, int least) {
    if (lasts.toSeconds() < least || lasts.toSeconds() > most) {
      throw new ApiException(
          Failure.invalid(
              "timeout",
              "A sandbox of this policy lasts %d to %d seconds; timeout was %d."
                  .formatted(least, most, lasts.toSeconds())));
    }
  }

  static void texts(SandboxWish wish) {
    texts("metadata", wish.metadata());
    variables("envVars", wish.environment());
  }

  /** 400 for what no environment can hold. */
  public static void variables(String param, Map<String, String> environment) {
    texts(param, environment);
    environment
        .keySet()
        .forEach(name -> {
          if (name.isEmpty() || name.indexOf('=') >= 0) {
            throw new ApiException(
                Failure.invalid(param, param + ": '" + name + "' is no name of a variable."));
          }
        });
  }

  /** 400 for more than 64 entries or 8192 characters. */
  public static void texts(String param, Map<String, String> texts) {
    int characters =
        texts.entrySet().stream()
            .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
            .sum();
    if (texts.size() > MOST_ENTRIES || characters > MOST_CHARACTERS) {
      throw new ApiException(
          Failure.invalid(
              param,
              "%s holds at most %d entries and %d characters."
                  .formatted(param, MOST_ENTRIES, MOST_CHARACTERS)));
    }
    // neither a row nor an environment can hold it
    if (texts.toString().indexOf('\0') >= 0) {
      throw new ApiException(Failure.invalid(param, param + " may not contain U+0000."));
    }
  }
}
