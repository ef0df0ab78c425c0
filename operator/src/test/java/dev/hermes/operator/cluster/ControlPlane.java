package dev.hermes.operator.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.ServerSocket;
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

  private final List<Process> processes = new ArrayList<>();
  private final Path bin;
  private final Path dir;
  private final int port;
  private final KubernetesClient admin;

  ControlPlane(Path bin, Path dir) {
    this.bin = bin.toAbsolutePath();
    this.dir = dir.toAbsolutePath();
    this.port = freePort();
    try {
      Files.createDirectories(dir);
      start();
    } catch (IOException | GeneralSecurityException e) {
      close();
      throw new IllegalStateException("no control plane", e);
    }
    this.admin = new KubernetesClientBuilder().withConfig(config(ADMIN)).build();
    Awaitility.await("API server")
        .atMost(Duration.ofSeconds(60))
        .ignoreException(KubernetesClientException.class)
        .until(() -> "ok".equals(admin.raw("/readyz")));
  }

  KubernetesClient admin() {
    return admin;
  }

  Path operatorKubeconfig() {
    return dir.resolve("operator.kubeconfig");
  }

  @Override
  public void close() {
    processes.reversed().forEach(Process::destroyForcibly);
  }

  private void start() throws IOException, GeneralSecurityException {
    int etcd = freePort();
    int peer = freePort();
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
    run(
        "kube-apiserver",
        "--etcd-servers=" + etcdUrl,
        "--bind-address=127.0.0.1",
        "--secure-port=" + port,
        "--cert-dir=" + dir.resolve("certs"),
        "--token-auth-file=" + tokens,
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=" + key,
        "--service-account-signing-key-file=" + key,
        "--service-cluster-ip-range=10.97.0.0/24");
    write("admin.kubeconfig", kubeconfig(ADMIN));
    write("operator.kubeconfig", kubeconfig(OPERATOR));
    run(
        "kube-controller-manager",
        "--kubeconfig=" + dir.resolve("admin.kubeconfig"),
        "--controllers=namespace-controller,garbage-collector-controller",
        "--leader-elect=false",
        "--secure-port=0");
  }

  private void run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(bin.resolve(program).toString()));
    command.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve(program + ".log").toFile())
            .start();
    processes.add(process);
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
  }

  private Config config(String token) {
    return new ConfigBuilder()
        .withMasterUrl("https://127.0.0.1:" + port)
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

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
