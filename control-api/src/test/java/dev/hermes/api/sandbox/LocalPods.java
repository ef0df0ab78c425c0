package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.PublicKeys;
import dev.hermes.sandbox.daemon.TokenSigner;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** Pods that are the real daemon as a local process, each on a loopback address of its own. */
@Singleton
@Requires(property = "hermes.test.local-pods", value = "true")
@Replaces(bean = PodSource.class, factory = SandboxBeans.class)
public final class LocalPods implements PodSource {
  private static final AtomicInteger ADDRESS = new AtomicInteger();
  private static Path binary;

  private final DaemonClient daemon;
  private final String publicKeys;
  private final Map<String, Local> pods = new ConcurrentHashMap<>();
  private final AtomicInteger started = new AtomicInteger();
  private final Map<String, Optional<SandboxEgress>> networks = new ConcurrentHashMap<>();
  private final Map<String, String> uids = new ConcurrentHashMap<>();
  private volatile boolean quotaUsedUp;
  private volatile boolean apiAway;

  LocalPods(DaemonClient daemon, @Value("${hermes.signing-private-file}") String key)
      throws IOException {
    this.daemon = daemon;
    this.publicKeys = PublicKeys.of(TokenSigner.privateKey(Path.of(key)));
    // the compiler may need longer than the first request that wants a sandbox would wait
    binary();
  }

  private record Local(ClaimedPod pod, Process process, Path log) {
    /** What it said when it has ended; whoever answers at its address is another then. */
    Optional<String> ended() {
      return process.isAlive() ? Optional.empty() : Optional.of("the daemon has ended: " + said());
    }

    private String said() {
      try {
        return Files.readString(log);
      } catch (IOException e) {
        return e.toString();
      }
    }

    /** With all that runs in it, as a pod's namespace ends. */
    CompletableFuture<Process> end() {
      List<ProcessHandle> all = process.descendants().toList();
      process.destroyForcibly();
      all.forEach(ProcessHandle::destroyForcibly);
      return process.onExit();
    }
  }

  /** How many were made so far. */
  public int started() {
    return started.get();
  }

  public int running() {
    return pods.size();
  }

  /** Ends a pod as a node failure would: nobody is told. */
  public void kill(String name) {
    pods.get(name).end().join();
  }

  /** Its daemon does nothing until it is let go on, and its connections stay. */
  public void halt(String name) {
    signal("STOP", name);
  }

  public void goOn(String name) {
    signal("CONT", name);
  }

  private void signal(String signal, String name) {
    try {
      long pid = pods.get(name).process().pid();
      new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().onExit().join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Another pod now answers at this one's address. */
  public void replace(String name) {
    Local old = pods.get(name);
    kill(name);
    run("other-" + name, UUID.randomUUID().toString(), old.pod().ip(), old.pod().namespace(), 5);
    // an address where nobody listens would be refused, whatever is checked of who answers
    Awaitility.await("the other pod listens")
        .ignoreExceptions()
        .until(() -> {
          new Socket(old.pod().ip(), 49983).close();
          return true;
        });
  }

  public void quotaUsedUp(boolean usedUp) {
    quotaUsedUp = usedUp;
  }

  @Override
  public Optional<ClaimedPod> claimWarm(
      EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    return Optional.empty();
  }

  @Override
  public Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    if (quotaUsedUp) {
      return new Creation.QuotaUsedUp("exceeded quota");
    }
    int number = ADDRESS.incrementAndGet();
    String name = "sbx-" + number;
    String ip = "127.0." + (1 + number / 200) + "." + (1 + number % 200);
    ClaimedPod pod =
        run(
            name,
            UUID.randomUUID().toString(),
            ip,
            tenant.namespace(),
            policy.limits().execTimeoutSeconds());
    started.incrementAndGet();
    networks.put(claim.sandboxId(), claim.egress());
    uids.put(pod.uid(), claim.sandboxId());
    return new Creation.Created(pod.name(), pod.uid(), pod.namespace());
  }

  @Override
  public Readiness awaitReady(String namespace, String name, Instant deadline)
      throws InterruptedException {
    Local local = pods.get(name);
    ClaimedPod pod = local.pod();
    while (Instant.now().isBefore(deadline)) {
      Optional<String> ended = local.ended();
      if (ended.isPresent()) {
        return new Readiness.Gone(ended.get());
      }
      try {
        if (daemon.isHealthy(Endpoint.of(pod.ip(), pod.uid()))) {
          return new Readiness.Ready(pod);
        }
      } catch (DaemonException e) {
        Thread.sleep(10);
      }
    }
    return new Readiness.TimedOut("the start gate is closed");
  }

  @Override
  public boolean narrow(String namespace, SandboxPodRef pod, Optional<SandboxEgress> egress) {
    if (!pods.containsKey(pod.name())) {
      return false;
    }
    if (apiAway) {
      throw new KubernetesClientException("away");
    }
    networks.put(uids.get(pod.uid()), egress);
    return true;
  }

  /** What the sandbox's pod says it may reach; empty: all that its policy allows. */
  public Optional<String> network(String sandboxId) {
    return networks.get(sandboxId).map(SandboxEgress::annotation);
  }

  /** Whether the Kubernetes API takes no change. */
  public void apiAway(boolean away) {
    apiAway = away;
  }

  @Override
  public void delete(String namespace, String name, String uid) {
    Local local = pods.remove(name);
    if (local != null) {
      local.end();
    }
  }

  @PreDestroy
  void close() {
    pods.values().forEach(Local::end);
  }

  private ClaimedPod run(String name, String uid, String ip, String namespace, int seconds) {
    try {
      Path home = Files.createTempDirectory("sandbox");
      Path uidFile = Files.writeString(home.resolve("uid"), uid);
      Path log = home.resolve("log");
      Process process =
          new ProcessBuilder(
                  List.of(
                      binary().toString(),
                      "--listen=" + ip + ":49983",
                      "--uid-file=" + uidFile,
                      "--home=" + home,
                      "--public-keys=" + publicKeys,
                      "--deny=127.0.0.1:9",
                      "--exec-timeout=" + seconds + "s",
                      "--pids=4096",
                      "--no-namespaces"))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      ClaimedPod pod = new ClaimedPod(name, uid, ip, namespace);
      pods.put(name, new Local(pod, process, log));
      return pod;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static synchronized Path binary() throws IOException {
    if (binary == null) {
      Path made = Path.of(System.getProperty("api.build"), "sandboxd");
      ProcessBuilder build =
          new ProcessBuilder("go", "build", "-o", made.toString(), "./cmd/sandboxd");
      build.directory(Path.of(System.getProperty("sandbox.daemon")).toFile());
      build.environment().put("CGO_ENABLED", "0");
      build.redirectErrorStream(true);
      Process process = build.start();
      String output = new String(process.getInputStream().readAllBytes());
      if (process.onExit().join().exitValue() != 0) {
        throw new IllegalStateException("go build failed: " + output);
      }
      binary = made;
    }
    return binary;
  }
}
