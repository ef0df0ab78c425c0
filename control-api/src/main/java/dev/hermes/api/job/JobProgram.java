package dev.hermes.api.job;

import dev.hermes.api.identity.CallbackTokens;
import dev.hermes.api.identity.Principal;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec.Limits;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.DaemonFiles;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.ProcessRequest;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A job's program inside its sandbox. It runs in the background under a small shell that writes
 * output and exit code into files, so that any replica can read at any time how it went. The
 * program could change those files: it would only lie about itself.
 */
@Singleton
final class JobProgram {
  private static final String FOLDER = JobCheck.OWN;
  private static final Duration LAUNCH = Duration.ofSeconds(10);
  private static final int MOST_EXIT = 64;
  private static final Pattern EXIT = Pattern.compile("(\\d{1,3}) (\\d{1,9}) (\\d{1,9})\\s*");

  /** What timeout(1) answers with when the time was over: 124, or 128 + 9 when it had to kill. */
  private static final Set<Integer> LATE = Set.of(124, 137);

  /**
   * Arguments: the limit in seconds, the interpreter, the file. The folder {@code started} can be
   * made once: whatever is sent twice runs once.
   */
  private static final String SCRIPT =
      """
      mkdir -p .hermes && mkdir .hermes/started || exit 9
      {
        timeout --kill-after=5 "$1" "$2" "$3" >.hermes/stdout 2>.hermes/stderr
        code=$?
        echo "$code $SECONDS $1" >.hermes/exit.new && mv .hermes/exit.new .hermes/exit
      } </dev/null >/dev/null 2>&1 &
      """;

  private final DaemonClient daemon;
  private final CallbackTokens callbacks;

  JobProgram(DaemonClient daemon, CallbackTokens callbacks) {
    this.daemon = daemon;
    this.callbacks = callbacks;
  }

  /** Writes the code and the inputs; nothing runs yet. */
  void prepare(Endpoint endpoint, Job job) throws DaemonException, InterruptedException {
    for (Map.Entry<String, String> input : job.wish().inputs().entrySet()) {
      daemon.files().write(endpoint, input.getKey(), bytes(input.getValue()));
    }
    daemon.files().write(endpoint, file(job), bytes(job.wish().code()));
  }

  /**
   * Starts it, unless it was started before.
   *
   * @param lease of its sandbox, for the token with which the code may call the platform back
   * @param limit after which it is ended; whole seconds
   */
  void launch(Endpoint endpoint, Job job, EffectivePolicy policy, UUID lease, Duration limit)
      throws DaemonException, InterruptedException {
    Job.Asker asker = job.asker();
    Principal caller =
        new Principal(
            job.tenant(), asker.user(), asker.keyId(), Set.of(), Set.of(), Optional.empty());
    daemon
        .processes()
        .launch(
            endpoint,
            new ProcessRequest(
                "/bin/bash",
                List.of(
                    "-c",
                    SCRIPT,
                    "job",
                    Long.toString(limit.toSeconds()),
                    job.wish().language() == Tool.PYTHON ? "python3" : "bash",
                    file(job)),
                callbacks.environment(caller, policy, lease, endpoint.podUid(), limit),
                Optional.empty(),
                LAUNCH),
            tag(job));
  }

  /** Whether it was ever started in this sandbox. */
  boolean wasStarted(Endpoint endpoint) throws DaemonException, InterruptedException {
    try {
      return daemon.files().list(endpoint, FOLDER).stream()
          .map(DaemonFiles.Entry::name)
          .anyMatch(List.of("started", "exit")::contains);
    } catch (DaemonException.Refused e) {
      return false;
    }
  }

  /** How it is. What ended is seen to have ended, even between two questions. */
  Progress look(Endpoint endpoint, Job job) throws DaemonException, InterruptedException {
    Optional<Progress> exit = exit(endpoint);
    if (exit.isPresent()) {
      return exit.get();
    }
    if (daemon.processes().isRunning(endpoint, tag(job))) {
      return new Progress.Running();
    }
    return exit(endpoint).orElseGet(Progress.Killed::new);
  }

  /** Ends what still runs of it, and what it left in the background. */
  void kill(Endpoint endpoint, Job job) throws DaemonException, InterruptedException {
    daemon.processes().kill(endpoint, tag(job));
  }

  /** What it said, as much of the end of it as the policy keeps. */
  JobOutput output(Endpoint endpoint, Limits limits) throws DaemonException, InterruptedException {
    Tail stdout = tail(endpoint, "stdout", limits.outputBytes());
    Tail stderr = tail(endpoint, "stderr", limits.stderrBytes());
    return new JobOutput(
        Optional.empty(),
        Optional.of(stdout.text()),
        Optional.of(stderr.text()),
        stdout.cut(),
        stderr.cut());
  }

  private Optional<Progress> exit(Endpoint endpoint) throws DaemonException, InterruptedException {
    try {
      byte[] bytes = daemon.files().read(endpoint, FOLDER + "/exit", MOST_EXIT).bytes();
      Matcher exit = EXIT.matcher(new String(bytes, StandardCharsets.UTF_8));
      if (!exit.matches()) {
        return Optional.of(new Progress.Killed());
      }
      int code = Integer.parseInt(exit.group(1));
      boolean over = Long.parseLong(exit.group(2)) >= Long.parseLong(exit.group(3));
      return Optional.of(new Progress.Exited(code, over && LATE.contains(code)));
    } catch (DaemonException.Refused e) {
      return Optional.empty();
    }
  }

  private Tail tail(Endpoint endpoint, String stream, int most)
      throws DaemonException, InterruptedException {
    try {
      return Tail.of(daemon.files().tail(endpoint, FOLDER + "/" + stream, most));
    } catch (DaemonException.Refused e) {
      return new Tail("", false);
    }
  }

  private static String file(Job job) {
    return job.wish().language() == Tool.PYTHON ? FOLDER + ".py" : FOLDER + ".sh";
  }

  private static String tag(Job job) {
    return "job-" + job.id();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
