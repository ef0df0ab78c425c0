package dev.hermes.api.sandbox;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.PublicKeys;
import dev.hermes.sandbox.daemon.TokenSigner;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

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
  private volatile boolean quotaUsedUp;

  LocalPods(DaemonClient daemon, @Value("${hermes.signing-private-file}") String key)
      throws IOException {
    this.daemon = daemon;
    this.publicKeys = PublicKeys.of(TokenSigner.privateKey(Path.of(key)));
  }

  private record Local(ClaimedPod pod, Process process) {}

  /** How many were made so far. */
  public int started() {
    return started.get();
  }

  public int running() {
    return pods.size();
  }

  /** Ends a pod as a node failure would: nobody is told. */
  public void kill(String name) {
    pods.get(name).process().destroyForcibly().onExit().join();
  }

  /** Another pod now answers at this one's address. */
  public void replace(String name) {
    Local old = pods.get(name);
    kill(name);
    run("other-" + name, UUID.randomUUID().toString(), old.pod().ip(), old.pod().namespace(), 5);
  }

  public void quotaUsedUp(boolean usedUp) {
    quotaUsedUp = usedUp;
  }

  @Override
  public Optional<ClaimedPod> claimWarm(
      EffectiveTenant tenant, EffectivePolicy policy, String sandboxId) {
    return Optional.empty();
  }

  @Override
  public Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, String sandboxId) {
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
    return new Creation.Created(pod.name(), pod.uid(), pod.namespace());
  }

  @Override
  public Readiness awaitReady(String namespace, String name, Instant deadline)
      throws InterruptedException {
    ClaimedPod pod = pods.get(name).pod();
    while (Instant.now().isBefore(deadline)) {
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
  public void delete(String namespace, String name, String uid) {
    Local local = pods.remove(name);
    if (local != null) {
      local.process().destroyForcibly();
    }
  }

  @PreDestroy
  void close() {
    pods.values().forEach(local -> local.process().destroyForcibly());
  }

  private ClaimedPod run(String name, String uid, String ip, String namespace, int seconds) {
    try {
      Path home = Files.createTempDirectory("sandbox");
      Path uidFile = Files.writeString(home.resolve("uid"), uid);
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
              .redirectOutput(home.resolve("log").toFile())
              .start();
      ClaimedPod pod = new ClaimedPod(name, uid, ip, namespace);
      pods.put(name, new Local(pod, process));
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
