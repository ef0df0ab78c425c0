package dev.hermes.operator.dedicated;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the Job of a migration says, and what follows; pure. */
sealed interface MigrationState {
  /** A Job that has finished is waited for this long: the schema was looked at before the Job. */
  Duration SETTLING = Duration.ofSeconds(30);

  /** After a failure the next attempt waits, unless Secret or release change. */
  Duration PAUSE = Duration.ofMinutes(5);

  /** It runs, or has just ended. */
  record Running() implements MigrationState {}

  /** It failed a short while ago, or its success changed nothing. */
  record Failed() implements MigrationState {}

  /** Of something else, or long over: away with it, another one follows. */
  record Over() implements MigrationState {}

  /** Somebody else's Job has the name. */
  record Foreign() implements MigrationState {}

  /**
   * @param madeFrom what a Job would be made from now
   */
  static MigrationState of(Job job, String tenantUid, String madeFrom, Instant now) {
    Map<String, String> labels = job.getMetadata().getLabels();
    if (labels == null || !tenantUid.equals(labels.get(Names.OWNER_UID))) {
      return new Foreign();
    }
    Optional<Instant> complete = since(job, "Complete", now);
    Optional<Instant> failed = since(job, "Failed", now);
    if (complete.isEmpty() && failed.isEmpty()) {
      // two migrations of one database wait for each other; one is seen through
      return new Running();
    }
    Map<String, String> annotations = job.getMetadata().getAnnotations();
    boolean same = annotations != null && madeFrom.equals(annotations.get(Names.MIGRATION_OF));
    Instant ended = complete.or(() -> failed).orElseThrow();
    if (!same || ended.plus(PAUSE).isBefore(now)) {
      return new Over();
    }
    return complete.isPresent() && ended.plus(SETTLING).isAfter(now) ? new Running() : new Failed();
  }

  /** The last line of why, of the newest pod that ended badly or cannot start. */
  static Optional<String> why(List<Pod> pods) {
    return pods.stream()
        .sorted(
            Comparator.comparing((Pod pod) -> pod.getMetadata().getCreationTimestamp()).reversed())
        .flatMap(MigrationState::messages)
        .map(MigrationState::lastLine)
        .filter(line -> !line.isEmpty())
        .findFirst();
  }

  private static Stream<String> messages(Pod pod) {
    if (pod.getStatus() == null) {
      return Stream.empty();
    }
    return pod.getStatus().getContainerStatuses().stream()
        .map(status -> status.getState())
        .filter(state -> state != null)
        .flatMap(state -> {
          if (state.getTerminated() != null) {
            Integer code = state.getTerminated().getExitCode();
            return code != null && code == 0
                ? Stream.empty()
                : Stream.ofNullable(state.getTerminated().getMessage());
          }
          return state.getWaiting() == null
              ? Stream.empty()
              : Stream.ofNullable(state.getWaiting().getMessage());
        });
  }

  /** From the error on, when there is one: Flyway's message has several lines. */
  private static String lastLine(String text) {
    int error = text.lastIndexOf(" failed: ");
    String tail =
        error >= 0 ? text.substring(error + " failed: ".length()) : lastOf(text.strip().lines());
    String line = tail.replaceAll("\\s+", " ").strip();
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }

  private static String lastOf(Stream<String> lines) {
    return lines.reduce("", (before, line) -> line.isBlank() ? before : line);
  }

  private static Optional<Instant> since(Job job, String type, Instant otherwise) {
    List<JobCondition> conditions =
        job.getStatus() == null ? List.of() : job.getStatus().getConditions();
    return conditions.stream()
        .filter(condition -> type.equals(condition.getType()))
        .filter(condition -> "True".equals(condition.getStatus()))
        .findFirst()
        .map(condition -> parse(condition.getLastTransitionTime(), otherwise));
  }

  private static Instant parse(@Nullable String time, Instant otherwise) {
    try {
      return time == null ? otherwise : Instant.parse(time);
    } catch (DateTimeException e) {
      return otherwise;
    }
  }
}
