package dev.hermes.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The cluster that `make up` or `make test` booted, as its build/dev.env describes it. */
final class Cluster {
  static final String SYSTEM = "hermes-system";
  private static final Cluster INSTANCE = new Cluster();

  private final Map<String, String> env = new HashMap<>();
  private final KubernetesClient admin;

  private Cluster() {
    var root = Path.of(System.getProperty("e2e.root"));
    try {
      for (var line : Files.readAllLines(root.resolve("build/dev.env"))) {
        var clean = line.startsWith("export ") ? line.substring(7) : line;
        var at = clean.indexOf('=');
        if (at > 0) {
          env.put(clean.substring(0, at), clean.substring(at + 1).replaceAll("^[\"']|[\"']$", ""));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("run `make up` first: build/dev.env is missing", e);
    }
    admin = new KubernetesClientBuilder().withConfig(config()).build();
  }

  static Cluster get() {
    return INSTANCE;
  }

  String apiUrl() {
    return env.get("HERMES_URL");
  }

  String kubeconfig() {
    return env.get("KUBECONFIG");
  }

  /** Process id of one of the node's own programs, by the name that dev/node-up.sh gives it. */
  long nodeProgram(String name) {
    var build = Path.of(kubeconfig()).getParent();
    try (var nodes = Files.list(build)) {
      return nodes
          .filter(folder -> folder.getFileName().toString().startsWith("node"))
          .map(folder -> folder.resolve("pids").resolve(name))
          .filter(Files::isRegularFile)
          .map(Cluster::pid)
          .filter(pid -> ProcessHandle.of(pid).isPresent())
          .findFirst()
          .orElseThrow(() -> new IllegalStateException(name + " does not run below " + build));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long pid(Path file) {
    try {
      return Long.parseLong(Files.readString(file).strip().split(" ", 2)[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String quickstartKey() {
    return env.get("HERMES_API_KEY");
  }

  /** A client with cluster-admin rights. */
  KubernetesClient admin() {
    return admin;
  }

  /** A client that acts as a ServiceAccount of the system namespace; the caller closes it. */
  KubernetesClient as(String serviceAccount) {
    var config =
        new ConfigBuilder(config())
            .withImpersonateUsername("system:serviceaccount:" + SYSTEM + ":" + serviceAccount)
            .withImpersonateGroups(
                "system:serviceaccounts",
                "system:serviceaccounts:" + SYSTEM,
                "system:authenticated")
            .build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  private Config config() {
    try {
      var config = Config.fromKubeconfig(Files.readString(Path.of(env.get("KUBECONFIG"))));
      config.setRequestRetryBackoffLimit(0);
      return config;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Pod> pods(String component) {
    return admin
        .pods()
        .inNamespace(SYSTEM)
        .withLabel("app.kubernetes.io/component", component)
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .toList();
  }

  /** A port of a pod on 127.0.0.1; the caller closes it. */
  LocalPortForward forward(Pod pod, int port) {
    return admin.pods().resource(pod).portForward(port);
  }

  /**
   * What a command printed in a pod, standard error included; throws when it takes longer than the
   * bound.
   */
  String exec(String namespace, String pod, String... command) throws Exception {
    var out = new java.io.ByteArrayOutputStream();
    try (var exec =
        admin
            .pods()
            .inNamespace(namespace)
            .withName(pod)
            .writingOutput(out)
            .writingError(out)
            .exec(command)) {
      exec.exitCode().get(60, java.util.concurrent.TimeUnit.SECONDS);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  String secret(String namespace, String name, String key) {
    var secret = admin.secrets().inNamespace(namespace).withName(name).get();
    return new String(
        Base64.getDecoder().decode(secret.getData().get(key)), StandardCharsets.UTF_8);
  }

  /** A session of the database as one of the product's roles, through a forwarded port. */
  Sql sql(String role) {
    return sql(role, "hermes");
  }

  /** The same of another database of that server. */
  Sql sql(String role, String database) {
    var forward = forward(pods("postgresql").getFirst(), 5432);
    try {
      var url =
          "jdbc:postgresql://127.0.0.1:"
              + forward.getLocalPort()
              + "/"
              + database
              + "?sslmode=disable&connectTimeout=10";
      return new Sql(
          forward,
          "superuser".equals(role)
              ? DriverManager.getConnection(
                  url, "postgres", secret(SYSTEM, "hermes-postgresql", "superuser"))
              : DriverManager.getConnection(
                  url, "hermes_" + role, secret(SYSTEM, "hermes-db-roles", role)));
    } catch (SQLException e) {
      throw new IllegalStateException("cannot connect as " + role, e);
    }
  }

  /** A connection and the forwarded port below it. */
  record Sql(LocalPortForward forward, Connection connection) implements AutoCloseable {
    /** First column of each row. */
    List<String> column(String query, Object... args) throws SQLException {
      try (var statement = connection.prepareStatement(query)) {
        for (var i = 0; i < args.length; i++) {
          statement.setObject(i + 1, args[i]);
        }
        var rows = new ArrayList<String>();
        try (var result = statement.executeQuery()) {
          while (result.next()) {
            rows.add(result.getString(1));
          }
        }
        return rows;
      }
    }

    @Override
    public void close() throws Exception {
      connection.close();
      forward.close();
    }
  }
}
