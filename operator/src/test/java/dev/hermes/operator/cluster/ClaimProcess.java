package dev.hermes.operator.cluster;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Claims;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Claims warm pods as a process of the API does, with the same code. It says {@code ready}, waits
 * for a line, claims all at once and prints a line each: the pod's UID, or {@code none}.
 */
final class ClaimProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final int claims;

  private ClaimProcess(Process process, int claims) {
    this.process = process;
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.claims = claims;
  }

  static ClaimProcess start(
      Path kubeconfig, String namespace, String tenantId, String policy, int claims)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            ClaimProcess.class.getName(),
            namespace,
            tenantId,
            policy,
            Integer.toString(claims));
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    ClaimProcess started = new ClaimProcess(builder.start(), claims);
    Runtime.getRuntime().addShutdownHook(new Thread(started.process::destroyForcibly));
    return started;
  }

  void awaitReady() {
    if (!"ready".equals(line())) {
      throw new IllegalStateException("the claiming process does not start");
    }
  }

  void go() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
  }

  List<String> claimed() {
    return IntStream.range(0, claims).mapToObj(i -> line()).toList();
  }

  private String line() {
    try {
      return String.valueOf(out.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    EffectivePolicy policy = Serialization.unmarshal(args[2], EffectivePolicy.class);
    int claims = Integer.parseInt(args[3]);
    try (KubernetesClient kubernetes = new KubernetesClientBuilder().build();
        ExecutorService threads = Executors.newFixedThreadPool(claims)) {
      Claims all = new Claims(kubernetes, Clock.systemUTC());
      kubernetes.pods().inNamespace(args[0]).list();
      out.println("ready");
      out.flush();
      System.in.read();
      List<Callable<Optional<ClaimedPod>>> work =
          IntStream.range(0, claims)
              .<Callable<Optional<ClaimedPod>>>mapToObj(i ->
                  () ->
                      all.claimWarm(
                          args[0],
                          args[1],
                          policy,
                          new SandboxPodRequest.Claim(UUID.randomUUID().toString())))
              .toList();
      for (Future<Optional<ClaimedPod>> claim : threads.invokeAll(work)) {
        out.println(claim.get().map(ClaimedPod::uid).orElse("none"));
      }
      out.flush();
    }
  }
}
