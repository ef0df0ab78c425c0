package dev.hermes.operator.kube;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The conditions of one status being written (KEP-1623): a transition time moves only when the
 * status does, so an unchanged state gives an equal list.
 */
public final class Conditions {
  private final Map<ConditionType, Condition> before = new EnumMap<>(ConditionType.class);
  private final Map<ConditionType, Condition> now = new EnumMap<>(ConditionType.class);
  private final long generation;
  private final Instant time;

  private Conditions(List<Condition> existing, long generation, Instant time) {
    for (Condition condition : existing) {
      type(condition).ifPresent(type -> before.put(type, condition));
    }
    this.generation = generation;
    this.time = time.truncatedTo(ChronoUnit.SECONDS);
  }

  /** Starts empty; what is not set again is gone. */
  public static Conditions replacing(List<Condition> existing, long generation, Instant time) {
    return new Conditions(existing, generation, time);
  }

  /** Starts with what is there. */
  public static Conditions amending(List<Condition> existing, long generation, Instant time) {
    Conditions conditions = new Conditions(existing, generation, time);
    conditions.now.putAll(conditions.before);
    return conditions;
  }

  public Conditions set(ConditionType type, StepOutcome outcome) {
    String status =
        switch (outcome) {
          case StepOutcome.Ready ready -> "True";
          case StepOutcome.Unknown unknown -> "Unknown";
          case StepOutcome.Waiting waiting -> "False";
          case StepOutcome.Invalid invalid -> "False";
        };
    return set(type, status, outcome.reason(), outcome.message());
  }

  public Conditions isTrue(ConditionType type, Reason reason, String message) {
    return set(type, "True", reason, message);
  }

  public Conditions isFalse(ConditionType type, Reason reason, String message) {
    return set(type, "False", reason, message);
  }

  public Conditions unknown(ConditionType type, Reason reason, String message) {
    return set(type, "Unknown", reason, message);
  }

  public Conditions drop(ConditionType type) {
    now.remove(type);
    return this;
  }

  public List<Condition> toList() {
    return new ArrayList<>(now.values());
  }

  private Conditions set(ConditionType type, String status, Reason reason, String message) {
    Condition old = before.get(type);
    String since =
        old != null && status.equals(old.getStatus()) ? old.getLastTransitionTime() : null;
    now.put(
        type,
        new ConditionBuilder()
            .withType(type.name())
            .withStatus(status)
            .withReason(reason.name())
            .withMessage(message)
            .withObservedGeneration(generation)
            .withLastTransitionTime(since != null ? since : time.toString())
            .build());
    return this;
  }

  /** Whether two lists say the same, whatever their times and order. */
  public static boolean same(List<Condition> a, List<Condition> b) {
    return a.size() == b.size()
        && a.stream().allMatch(x -> find(b, x.getType()).filter(y -> same(x, y)).isPresent());
  }

  private static boolean same(Condition a, Condition b) {
    return Objects.equals(a.getStatus(), b.getStatus())
        && Objects.equals(a.getReason(), b.getReason())
        && Objects.equals(a.getMessage(), b.getMessage())
        && Objects.equals(a.getObservedGeneration(), b.getObservedGeneration());
  }

  public static Optional<Condition> find(List<Condition> conditions, ConditionType type) {
    return find(conditions, type.name());
  }

  public static boolean isTrue(List<Condition> conditions, ConditionType type) {
    return find(conditions, type).filter(c -> "True".equals(c.getStatus())).isPresent();
  }

  private static Optional<Condition> find(List<Condition> conditions, String type) {
    return conditions.stream().filter(c -> Objects.equals(type, c.getType())).findFirst();
  }

  private static Optional<ConditionType> type(Condition condition) {
    try {
      return Optional.of(ConditionType.valueOf(condition.getType()));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // of another release
    }
  }
}
