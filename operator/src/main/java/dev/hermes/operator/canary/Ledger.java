package dev.hermes.operator.canary;

import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.Check;
import dev.hermes.operator.sandboxpolicy.Finding;
import dev.hermes.operator.sandboxpolicy.Finding.Broken;
import dev.hermes.operator.sandboxpolicy.Finding.Held;
import dev.hermes.operator.sandboxpolicy.Finding.Untold;
import dev.hermes.operator.sandboxpolicy.Proofs;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What was found of each subject, and when to look again. Read by all threads, written by one. */
final class Ledger {
  /** What is not well is looked at again soon, so that a repair shows. */
  static final Duration AGAIN = Duration.ofMinutes(2);

  /** A canary that could not run for so long, though nodes have room, proves nothing any more. */
  static final Duration OVERDUE = Duration.ofMinutes(15);

  private static final class Entry {
    final boolean inherited;
    final Instant since;
    volatile Map<Check, Finding> findings = Map.of();
    volatile @Nullable Instant finished;

    Entry(boolean inherited, Instant since) {
      this.inherited = inherited;
      this.since = since;
    }
  }

  private final Duration interval;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  /** What runs as a RuntimeClass' handler does not change with a policy's limits or network. */
  private final Map<String, Finding> kernels = new ConcurrentHashMap<>();

  private volatile boolean begun;

  Ledger(Duration interval) {
    this.interval = interval;
  }

  /** From now on these are wanted, and no others. */
  void want(Collection<CanarySubject> subjects, Instant now) {
    Set<String> keys = new HashSet<>();
    for (CanarySubject subject : subjects) {
      keys.add(subject.key());
      entries.computeIfAbsent(subject.key(), key -> new Entry(!begun, now));
    }
    entries.keySet().retainAll(keys);
    begun |= !subjects.isEmpty();
  }

  Proofs proofs(CanarySubject subject) {
    Map<Check, Finding> findings = new EnumMap<>(Check.class);
    Finding kernel = kernels.get(kernel(subject));
    if (kernel != null) {
      findings.put(Check.KERNEL, kernel);
    }
    Entry entry = entries.get(subject.key());
    if (entry != null) {
      findings.putAll(entry.findings);
    }
    return new Proofs(true, entry == null ? !begun : entry.inherited, findings);
  }

  /** The subject to look at now: first those of which nothing is known, then the oldest. */
  Optional<CanarySubject> due(Collection<CanarySubject> subjects, Instant now) {
    return subjects.stream()
        .filter(subject -> !dueAt(entries.get(subject.key())).isAfter(now))
        .min(Comparator.comparing(subject -> dueAt(entries.get(subject.key()))));
  }

  /**
   * Adds what one pod showed.
   *
   * @param unschedulable it found no room, which is no fault of the walls
   * @return whether anything is known now that was not
   */
  boolean add(
      CanarySubject subject, Map<Check, Finding> found, boolean unschedulable, Instant now) {
    Entry entry = entries.get(subject.key());
    if (entry == null) {
      return false;
    }
    Map<Check, Finding> all = new EnumMap<>(Check.class);
    all.putAll(entry.findings);
    boolean overdue = !unschedulable && !entry.since.plus(OVERDUE).isAfter(now);
    found.forEach((check, finding) ->
        all.put(check, merged(all.get(check), finding, overdue && !held(entry))));
    boolean changed = !all.equals(entry.findings);
    entry.findings = Map.copyOf(all);
    Finding kernel = found.get(Check.KERNEL);
    if (kernel != null && !(kernel instanceof Untold)) {
      kernels.put(kernel(subject), kernel);
    }
    return changed;
  }

  void finished(String key, Instant now) {
    Entry entry = entries.get(key);
    if (entry != null) {
      entry.finished = now;
    }
  }

  /** When the last canary of it ended. */
  Optional<Instant> finishedAt(String key) {
    return Optional.ofNullable(entries.get(key)).map(entry -> entry.finished);
  }

  private Instant dueAt(@Nullable Entry entry) {
    Instant finished = entry == null ? null : entry.finished;
    if (entry == null || finished == null) {
      return Instant.EPOCH;
    }
    boolean well = entry.findings.values().stream().allMatch(Held.class::isInstance);
    return finished.plus(well || interval.compareTo(AGAIN) < 0 ? interval : AGAIN);
  }

  private static String kernel(CanarySubject subject) {
    return subject.effective().runtimeClassName() + " " + subject.handler();
  }

  private static boolean held(Entry entry) {
    return entry.findings.values().stream().anyMatch(Held.class::isInstance);
  }

  /** A canary that cannot tell heals nothing. */
  private static Finding merged(@Nullable Finding before, Finding now, boolean overdue) {
    if (now instanceof Untold untold) {
      return before instanceof Broken ? before : new Untold(untold.message(), overdue);
    }
    return now;
  }
}
