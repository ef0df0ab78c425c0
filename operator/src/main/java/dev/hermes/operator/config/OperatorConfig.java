package dev.hermes.operator.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Settings of the process. Made by {@link #fromEnvironment}, which names the variable at fault.
 *
 * @param namespace the system namespace, where the lease and the control API live
 * @param sandboxImage image of the policies that name none; empty: such policies are not Ready
 */
public record OperatorConfig(
    String namespace,
    String podName,
    Database database,
    Path pepperDir,
    Path signingPublicFile,
    String apiUrl,
    String apiServiceAccount,
    Optional<String> sandboxImage,
    boolean allowImageTags,
    Optional<String> netCanaryUrl,
    int managementPort,
    boolean leaderElection,
    Optional<String> haltAt) {

  /** Where PostgreSQL is, and the folder with a password file for each role. */
  public record Database(String url, Path passwordDir) {}

  /** Reads the settings; throws {@link IllegalArgumentException} with a message for people. */
  public static OperatorConfig from(Environment env) {
    return new OperatorConfig(
        env.required("HERMES_NAMESPACE"),
        env.optional("POD_NAME").orElse("hermes-operator"),
        new Database(databaseUrl(env), env.directory("HERMES_DB_DIR")),
        env.directory("HERMES_PEPPER_DIR"),
        env.file("HERMES_SIGNING_PUBLIC_FILE"),
        env.required("HERMES_API_URL"),
        env.optional("HERMES_API_SERVICE_ACCOUNT").orElse("hermes-api"),
        env.optional("HERMES_SANDBOX_IMAGE"),
        env.flag("HERMES_ALLOW_IMAGE_TAGS", false),
        env.optional("HERMES_NETCANARY_URL"),
        env.port("HERMES_MANAGEMENT_PORT", 8081),
        env.flag("HERMES_LEADER_ELECTION", true),
        env.flag("HERMES_TEST_HOOKS", false)
            ? env.optional("HERMES_TEST_HALT_AT")
            : Optional.empty());
  }

  public static OperatorConfig fromEnvironment() {
    return from(new Environment(System.getenv()));
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
