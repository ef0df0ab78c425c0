package dev.hermes.operator.cluster;

import dev.hermes.database.testing.FreePort;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * etcd, API server and controller manager (namespaces, garbage collection) as processes of their
 * own: the truth about server-side apply, CEL and RBAC, without a node.
 */
final class ControlPlane implements AutoCloseable {
  private static final String ADMIN = "admin-token";
  private static final String OPERATOR = "operator-token";

  /** Every write of the operator, with its answer: who wants to know what was done asks here. */
  private static final String AUDIT =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived, ResponseStarted]
      rules:
        - level: Metadata
          users: ["system:serviceaccount:hermes-system:hermes-operator"]
          verbs: [create, update, patch, delete, deletecollection]
        - level: None
      """;

  private final List<Process> processes = new ArrayList<>();
  private final Path bin;
  private final Path dir;
  private final int port;
  private final KubernetesClient admin;

  ControlPlane(Path bin, Path dir, String... apiServerFlags) {
    this.bin = bin.toAbsolutePath();
    this.dir = dir.toAbsolutePath();
    this.port = FreePort.next();
    try {
      Files.createDirectories(dir);
      start(apiServerFlags);
    } catch (IOException | GeneralSecurityException e) {
      close();
      throw new IllegalStateException("no control plane", e);
    }
    this.admin = new KubernetesClientBuilder().withConfig(config(ADMIN)).build();
    Awaitility.await("API server")
        .atMost(Duration.ofSeconds(120))
        .ignoreException(KubernetesClientException.class)
        .until(() -> "ok".equals(admin.raw("/readyz")));
    // only now: it ends when the API server takes more than ten seconds
    startControllers();
  }

  KubernetesClient admin() {
    return admin;
  }

  Path operatorKubeconfig() {
    return dir.resolve("operator.kubeconfig");
  }

  Path auditLog() {
    return dir.resolve("audit.log");
  }

  int port() {
    return port;
  }

  String url() {
    return "https://127.0.0.1:" + port;
  }

  /**
   * A client with the operator's rights, and its place in the API server's queues; to be closed.
   */
  KubernetesClient operatorClient() {
    return new KubernetesClientBuilder().withConfig(config(OPERATOR)).build();
  }

  /** CPU time of etcd, API server and controller manager so far. */
  Duration cpuTime() {
    return processes.stream()
        .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
        .reduce(Duration.ZERO, Duration::plus);
  }

  @Override
  public void close() {
    processes.reversed().forEach(Process::destroyForcibly);
  }

  private void start(String... apiServerFlags) throws IOException, GeneralSecurityException {
    int etcd = FreePort.next();
    int peer = FreePort.next();
    String etcdUrl = "http://127.0.0.1:" + etcd;
    run(
        "etcd",
        "--data-dir=" + dir.resolve("etcd"),
        "--unsafe-no-fsync",
        "--log-level=warn",
        "--listen-client-urls=" + etcdUrl,
        "--advertise-client-urls=" + etcdUrl,
        "--listen-peer-urls=http://127.0.0.1:" + peer);
    Path key = write("service-accounts.key", rsaKey());
    Path tokens =
        write(
            "tokens.csv",
            ADMIN
                + ",admin,1,\"system:masters\"\n"
                + OPERATOR
                + ",system:serviceaccount:hermes-system:hermes-operator,2,\"system:serviceaccounts\"\n");
    List<String> apiServer =
        new ArrayList<>(
            List.of(
                "--etcd-servers=" + etcdUrl,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + dir.resolve("certs"),
                "--token-auth-file=" + tokens,
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + key,
                "--service-account-signing-key-file=" + key,
                "--service-cluster-ip-range=10.97.0.0/24",
                "--audit-policy-file=" + write("audit-policy.yaml", AUDIT),
                "--audit-log-path=" + auditLog()));
    apiServer.addAll(List.of(apiServerFlags)); // of two the last counts
    run("kube-apiserver", apiServer.toArray(String[]::new));
    write("admin.kubeconfig", kubeconfig(ADMIN));
    write("operator.kubeconfig", kubeconfig(OPERATOR));
  }

  private void startControllers() {
    run(
        "kube-controller-manager",
        "--kubeconfig=" + dir.resolve("admin.kubeconfig"),
        "--controllers=namespace-controller,garbage-collector-controller",
        "--leader-elect=false",
        "--secure-port=0");
  }

  private void run(String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of(bin.resolve(program).toString()));
    command.addAll(Arrays.asList(arguments));
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(dir.toFile())
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve(program + ".log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + program, e);
    }
    processes.add(process);
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
  }

  private Config config(String token) {
    return new ConfigBuilder()
        .withMasterUrl(url())
        .withOauthToken(token)
        .withTrustCerts(true)
        .withDisableHostnameVerification(true)
        .build();
  }

  private String kubeconfig(String token) {
    return """
    apiVersion: v1
    kind: Config
    clusters:
      - name: test
        cluster: {server: "https://127.0.0.1:%d", insecure-skip-tls-verify: true}
    users:
      - name: test
        user: {token: %s}
    contexts:
      - name: test
        context: {cluster: test, user: test}
    current-context: test
    """
        .formatted(port, token);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  private static String rsaKey() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    String base64 =
        Base64.getMimeEncoder(64, new byte[] {'\n'})
            .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
    return "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n";
  }
}
