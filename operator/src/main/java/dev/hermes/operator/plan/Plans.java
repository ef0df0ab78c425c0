package dev.hermes.operator.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.kube.StepOutcome;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The plans of this installation. A tenant's own bounds go before those of its plan. */
public final class Plans {
  /** The plan of those that name none, and the bounds that other plans leave out. */
  public static final String DEFAULT = "default";

  private static final Bounds BUILT_IN = new Bounds(60, 10, 50);
  private static final int MOST_REQUESTS = 1_000_000;
  private static final int MOST_SANDBOXES = 500;
  private static final int MOST_KEYS = 1_000;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final Map<String, Bounds> plans;
  private final Bounds base;

  private Plans(Map<String, Bounds> plans, Bounds base) {
    this.plans = plans;
    this.base = base;
  }

  /** An installation that names no plan. */
  public static Plans none() {
    return new Plans(Map.of(DEFAULT, BUILT_IN), BUILT_IN);
  }

  /**
   * Reads {@code {"pro": {"requestsPerMinute": 600, …}, …}}; throws {@link
   * IllegalArgumentException} with the plan at fault.
   */
  public static Plans parse(String json) {
    Map<String, @Nullable Plan> read;
    try {
      read = JSON.readValue(json, new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "the plans are not what they should be: " + e.getOriginalMessage(), e);
    }
    Bounds base = bounds(DEFAULT, read.get(DEFAULT), BUILT_IN);
    Map<String, Bounds> plans = new TreeMap<>();
    read.forEach((name, plan) -> plans.put(name, bounds(name, plan, base)));
    plans.put(DEFAULT, base);
    return new Plans(plans, base);
  }

  /**
   * What a tenant may use. One whose plan is unknown is held to the plan {@code default}, and told
   * by {@link #outcome}: that it is suspended or narrowed must reach the API nevertheless.
   */
  public Bounds of(TenantSpec spec) {
    Bounds plan = plans.getOrDefault(name(spec), base);
    return new Bounds(
        or(spec.limits().requestsPerMinute(), plan.requestsPerMinute()),
        or(spec.sandbox().maxConcurrent(), plan.maxConcurrentSandboxes()),
        or(spec.apiKeys().max(), plan.maxKeys()));
  }

  /** Whether the tenant's plan is one of this installation. */
  public StepOutcome outcome(TenantSpec spec) {
    String name = name(spec);
    return plans.containsKey(name)
        ? new StepOutcome.Ready(Reason.Accepted, "plan " + name)
        : new StepOutcome.Invalid(
            Reason.PlanUnknown,
            "spec.plan is "
                + name
                + " and this installation has "
                + String.join(", ", plans.keySet())
                + "; name one of them, or add it to the chart's plans");
  }

  private static String name(TenantSpec spec) {
    return spec.plan() == null ? DEFAULT : spec.plan();
  }

  private static Bounds bounds(String name, @Nullable Plan plan, Bounds base) {
    if (plan == null) {
      return base;
    }
    return new Bounds(
        bound(
            name,
            "requestsPerMinute",
            plan.requestsPerMinute(),
            base.requestsPerMinute(),
            1,
            MOST_REQUESTS),
        bound(
            name,
            "maxConcurrentSandboxes",
            plan.maxConcurrentSandboxes(),
            base.maxConcurrentSandboxes(),
            1,
            MOST_SANDBOXES),
        bound(name, "maxKeys", plan.maxKeys(), base.maxKeys(), 0, MOST_KEYS));
  }

  private static int bound(
      String plan, String what, @Nullable Integer value, int base, int least, int most) {
    int bound = or(value, base);
    if (bound < least || bound > most) {
      throw new IllegalArgumentException(
          what
              + " of plan "
              + plan
              + " must be between "
              + least
              + " and "
              + most
              + ", not "
              + bound);
    }
    return bound;
  }

  private static int or(@Nullable Integer own, int otherwise) {
    return own == null ? otherwise : own;
  }
}
