package dev.hermes.operator.config;

import dev.hermes.operator.plan.Plans;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of the process. Made by {@link #fromEnvironment}, which names the variable at fault.
 *
 * @param namespace the system namespace, where the lease and the control API live
 * @param image this process's own image, for migration Jobs; empty: unknown
 * @param loginNamespace where the Secrets with tenants' own logins to the database are
 * @param takesOver clusters that are gone for good and whose tenants may be adopted here
 * @param sandboxImage image of the policies that name none; empty: such policies are not Ready
 * @param egressService Service of the egress proxy in the system namespace; empty: there is none
 * @param agentSandbox whether policies may have the pods made by the controller of agent-sandbox
 * @param canaryInterval between two proofs of the same walls; zero: nothing is proven
 * @param resync how long an object is left without a look, at most
 */
public record OperatorConfig(
    String namespace,
    String loginNamespace,
    String podName,
    Database database,
    Path pepperDir,
    Path signingPublicFile,
    String apiUrl,
    String apiServiceAccount,
    Optional<String> sandboxImage,
    boolean allowImageTags,
    Optional<String> netCanaryUrl,
    Optional<String> egressService,
    boolean agentSandbox,
    int managementPort,
    boolean leaderElection,
    Duration canaryInterval,
    Duration resync,
    Optional<Smtp> smtp,
    Optional<String> image,
    Dedicated dedicated,
    Set<String> takesOver,
    Plans plans,
    Optional<String> haltAt) {

  /**
   * For tenants with a database of their own.
   *
   * @param allowPlaintext lets through connections whose server nobody verifies
   */
  public record Dedicated(
      boolean allowPlaintext, String imagePullPolicy, Set<String> imagePullSecrets) {}

  /** Where PostgreSQL is, and the folder with a password file for each role. */
  public record Database(String url, Path passwordDir) {}

  /**
   * The mail server for notices.
   *
   * @param tls {@code none}, {@code starttls} or {@code tls}
   * @param credentials folder with the files username and password; empty: the server asks for none
   */
  public record Smtp(String host, int port, String tls, String from, Optional<Path> credentials) {}

  /** Reads the settings; throws {@link IllegalArgumentException} with a message for people. */
  public static OperatorConfig from(Environment env) {
    return new OperatorConfig(
        env.required("HERMES_NAMESPACE"),
        env.optional("HERMES_LOGIN_NAMESPACE").orElse(env.required("HERMES_NAMESPACE") + "-logins"),
        env.optional("POD_NAME").orElse("hermes-operator"),
        new Database(databaseUrl(env), env.directory("HERMES_DB_DIR")),
        env.directory("HERMES_PEPPER_DIR"),
        env.file("HERMES_SIGNING_PUBLIC_FILE"),
        env.required("HERMES_API_URL"),
        env.optional("HERMES_API_SERVICE_ACCOUNT").orElse("hermes-api"),
        env.optional("HERMES_SANDBOX_IMAGE"),
        env.flag("HERMES_ALLOW_IMAGE_TAGS", false),
        env.optional("HERMES_NETCANARY_URL"),
        env.optional("HERMES_EGRESS_SERVICE"),
        env.flag("HERMES_AGENT_SANDBOX", false),
        env.port("HERMES_MANAGEMENT_PORT", 8081),
        env.flag("HERMES_LEADER_ELECTION", true),
        env.minutes("HERMES_CANARY_INTERVAL_MINUTES", Duration.ofHours(1)),
        env.seconds("HERMES_RESYNC_SECONDS", Duration.ofMinutes(10)),
        smtp(env),
        env.optional("HERMES_IMAGE"),
        new Dedicated(
            env.flag("HERMES_DEDICATED_ALLOW_PLAINTEXT", false),
            env.optional("HERMES_IMAGE_PULL_POLICY").orElse("IfNotPresent"),
            env.list("HERMES_IMAGE_PULL_SECRETS")),
        env.list("HERMES_TAKES_OVER"),
        env.optional("HERMES_PLANS").map(Plans::parse).orElseGet(Plans::none),
        env.flag("HERMES_TEST_HOOKS", false)
            ? env.optional("HERMES_TEST_HALT_AT")
            : Optional.empty());
  }

  public static OperatorConfig fromEnvironment() {
    return from(new Environment(System.getenv()));
  }

  /** Empty when no host is named. */
  private static Optional<Smtp> smtp(Environment env) {
    return env.optional("HERMES_SMTP_HOST")
        .map(host ->
            new Smtp(
                host,
                env.port("HERMES_SMTP_PORT", 587),
                tls(env),
                sender(env),
                env.optional("HERMES_SMTP_DIR").map(any -> env.directory("HERMES_SMTP_DIR"))));
  }

  private static String tls(Environment env) {
    String tls = env.optional("HERMES_SMTP_TLS").orElse("starttls");
    if (!Set.of("none", "starttls", "tls").contains(tls)) {
      throw new IllegalArgumentException(
          "HERMES_SMTP_TLS must be none, starttls or tls, not " + tls);
    }
    return tls;
  }

  private static String sender(Environment env) {
    String from = env.required("HERMES_SMTP_FROM");
    if (!from.matches("[^@\\s<>,;]+@[^@\\s<>,;]+")) {
      throw new IllegalArgumentException(
          "HERMES_SMTP_FROM must be a bare mail address, such as hermes@example.com");
    }
    return from;
  }

  private static String databaseUrl(Environment env) {
    String url = env.required("HERMES_DB_URL");
    if (!url.startsWith("jdbc:postgresql://")) {
      throw new IllegalArgumentException(
          "HERMES_DB_URL must begin with jdbc:postgresql://, such as"
              + " jdbc:postgresql://postgresql:5432/hermes");
    }
    if (url.contains("password=") || url.contains("user=")) {
      throw new IllegalArgumentException(
          "HERMES_DB_URL must hold neither user nor password; put passwords into the folder of"
              + " HERMES_DB_DIR");
    }
    return url;
  }
}
