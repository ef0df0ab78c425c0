package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Sandboxes made, used and ended, again and again: nothing of them is left. It looks at the machine
 * itself, which is the one node.
 */
class CycleE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static final int CYCLES = Integer.getInteger("hermes.cycles", 100);
  private static final int AT_ONCE = 3;

  @Test
  @DisplayName(
      "SBX-16 create, run, delete, 100 times: no pod, mount, cgroup, process, thread or open lease"
          + " is left")
  void cycles() throws Exception {
    List<String> pods;
    int threads;
    try (var tenant = TestTenant.ready("cycles")) {
      cycle(tenant, 0);
      threads = apiThreads();
      var done = new ArrayList<Future<Void>>();
      try (var workers = Executors.newFixedThreadPool(AT_ONCE)) {
        for (var i = 1; i <= CYCLES; i++) {
          var number = i;
          done.add(workers.submit((Callable<Void>) () -> cycle(tenant, number)));
        }
      }
      for (var each : done) {
        each.get();
      }
      try (var sql = CLUSTER.sql("superuser")) {
        pods =
            sql.column(
                "select pod_uid from hermes.sandbox_leases where tenant_id = '"
                    + tenant.id()
                    + "'::uuid");
        Awaitility.await("every lease closed")
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(() ->
                assertThat(
                        sql.column(
                            "select lease_id::text from hermes.sandbox_leases where state <>"
                                + " 'closed' and tenant_id = '"
                                + tenant.id()
                                + "'::uuid"))
                    .isEmpty());
      }
      assertThat(pods).as("a pod a cycle, none used twice").doesNotHaveDuplicates();
      assertThat(pods).hasSize(CYCLES + 1);
      Awaitility.await("no claimed pod")
          .atMost(Duration.ofSeconds(60))
          .until(() -> tenant.claimedPods().isEmpty());
      try (var held = HeldSandbox.of(tenant)) {
        var uid = held.pod().getMetadata().getUid();
        assertThat(traces(List.of(uid))).as("control: a pod that is there").isNotEmpty();
      }
    }
    Awaitility.await("mounts and cgroups of all those pods gone")
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(() -> assertThat(traces(pods)).isEmpty());
    Awaitility.await("a sentry for each gVisor pod and no more")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(() -> assertThat(processes("runsc-sandbox")).hasSize(gvisorPods()));
    System.out.printf(
        "%d cycles: 0 pods, leases, mounts, cgroups left; threads of the API %d, before %d%n",
        CYCLES, apiThreads(), threads);
    assertThat(apiThreads()).isLessThanOrEqualTo(threads + 15);
  }

  private static Void cycle(TestTenant tenant, int number) {
    try (var sandbox = HeldSandbox.of(tenant)) {
      assertThat(sandbox.say("python", "print(" + number + " * 2)")).contains("" + number * 2);
    }
    return null;
  }

  /** Mounts and cgroups of the node that are named after one of the pods. */
  private static List<String> traces(List<String> uids) throws IOException {
    var found = new ArrayList<String>();
    var node = processes("kubelet").getFirst();
    for (var line : Files.readAllLines(node.resolve("mounts"))) {
      if (uids.stream().anyMatch(line::contains)) {
        found.add(line);
      }
    }
    try (Stream<Path> groups = Files.walk(Path.of("/sys/fs/cgroup"), 6)) {
      groups
          .filter(Files::isDirectory)
          .map(Path::toString)
          .filter(group ->
              uids.stream()
                  .anyMatch(uid -> group.contains(uid) || group.contains(uid.replace('-', '_'))))
          .forEach(found::add);
    } catch (UncheckedIOException e) {
      // a group that went while it was looked at: the next look tells
      found.add("unknown: " + e.getMessage());
    }
    return found;
  }

  /** Folders of {@code /proc} of the processes whose first argument ends so. */
  private static List<Path> processes(String program) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      return all.filter(process -> first(process).endsWith(program)).toList();
    }
  }

  private static String first(Path process) {
    try {
      return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8)
          .split("\0", 2)[0];
    } catch (IOException e) {
      return ""; // no process, or it has ended
    }
  }

  private static int gvisorPods() {
    return (int)
        CLUSTER.admin().pods().inAnyNamespace().list().getItems().stream()
            .filter(pod -> pod.getSpec().getRuntimeClassName() != null)
            .count();
  }

  /** Threads of all processes in the API's pods. */
  private static int apiThreads() throws IOException {
    var uids = CLUSTER.pods("control-api").stream().map(pod -> pod.getMetadata().getUid()).toList();
    var threads = 0;
    for (var process : processes("java")) {
      try {
        var group = Files.readString(process.resolve("cgroup"));
        if (uids.stream()
            .anyMatch(uid -> group.contains(uid) || group.contains(uid.replace('-', '_')))) {
          try (Stream<Path> tasks = Files.list(process.resolve("task"))) {
            threads += (int) tasks.count();
          }
        }
      } catch (NoSuchFileException e) {
        // it has ended
      }
    }
    assertThat(threads).as("the API's processes are on this machine").isPositive();
    return threads;
  }
}
