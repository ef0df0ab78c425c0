package dev.hermes.e2e;

import static org.awaitility.Awaitility.await;

import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.Map;

/**
 * A plain pod that no policy restrains: what it reaches and a sandbox does not is what the walls
 * hold back.
 */
record ProbePod(String namespace, String name) implements AutoCloseable {
  static final int PORT = 8099;

  /**
   * Starts a pod with the sandbox's image that serves HTTP on {@link #PORT}, and waits until it
   * does.
   */
  static ProbePod start(String namespace, String name, Map<String, String> labels) {
    var cluster = Cluster.get();
    cluster
        .admin()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withAutomountServiceAccountToken(false)
                .withTerminationGracePeriodSeconds(0L)
                .addNewContainer()
                .withName("probe")
                .withImage(image())
                .withImagePullPolicy("IfNotPresent")
                .withCommand(
                    "python3", "-m", "http.server", String.valueOf(PORT), "--directory", "/tmp")
                .withNewReadinessProbe()
                .withNewTcpSocket()
                .withPort(new IntOrString(PORT))
                .endTcpSocket()
                .withPeriodSeconds(1)
                .endReadinessProbe()
                .endContainer()
                .endSpec()
                .build())
        .create();
    var pod = new ProbePod(namespace, name);
    await("probe pod ready")
        .atMost(Duration.ofSeconds(60))
        .until(() -> cluster.admin().pods().inNamespace(namespace).withName(name).isReady());
    return pod;
  }

  /** The sandbox's image, which has Python. */
  static String image() {
    return Cluster.get()
        .admin()
        .resources(SandboxPolicy.class)
        .withName("default")
        .require()
        .getStatus()
        .image();
  }

  String ip() {
    return Cluster.get()
        .admin()
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .require()
        .getStatus()
        .getPodIP();
  }

  /** REACHED or the reason why not. */
  String reach(String host, int port) throws Exception {
    return Cluster.get().exec(namespace, name, "python3", "-c", Reach.code(host, port)).strip();
  }

  @Override
  public void close() {
    Cluster.get().admin().pods().inNamespace(namespace).withName(name).withGracePeriod(0).delete();
  }
}
