package dev.hermes.database.dedicated;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The content of the Secret that leads to a tenant's own database; operator and API read it through
 * here, so that neither takes another Secret for one.
 *
 * @param url JDBC, without user and password
 */
public record TenantDatabaseSecret(String url, String app, String provisioner, String probe) {
  /** Type of the Secret: whoever may name one in a Tenant cannot point at another kind. */
  public static final String TYPE = "hermes.dev/tenant-database";

  /** Type of the Secret beside it with the password of hermes_migrator, for the Job alone. */
  public static final String MIGRATOR_TYPE = "hermes.dev/tenant-database-migrator";

  /** What the migrator's Secret is called when the other one is called {@code name}. */
  public static String migratorOf(String name) {
    return name + "-migrator";
  }

  /** The data of a Secret as Kubernetes has it, in base64, or null; in clear. */
  public static Map<String, String> decoded(@Nullable Map<String, String> base64) {
    Map<String, String> data = new HashMap<>();
    Objects.requireNonNullElse(base64, Map.<String, String>of())
        .forEach((key, value) ->
            data.put(key, new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8)));
    return data;
  }

  /**
   * Throws {@link IllegalArgumentException} with what to change; the message holds no value of the
   * Secret.
   *
   * @param data {@link #decoded}
   * @param plaintext whether a connection that nobody verifies will do
   */
  public static TenantDatabaseSecret of(
      @Nullable String type, Map<String, String> data, boolean plaintext) {
    if (!TYPE.equals(type)) {
      throw new IllegalArgumentException(
          "it must be of type " + TYPE + "; a Secret's type cannot be changed, make it anew");
    }
    return new TenantDatabaseSecret(
        ServerAddress.checked(required(data, "url"), plaintext),
        required(data, "app"),
        required(data, "provisioner"),
        required(data, "probe"));
  }

  private static String required(Map<String, String> data, String key) {
    String value = Objects.requireNonNullElse(data.get(key), "").strip();
    if (value.isEmpty()) {
      throw new IllegalArgumentException(
          "its key "
              + key
              + (key.equals("url")
                  ? " is missing: the JDBC URL of the database"
                  : " is missing: the password of role hermes_" + key));
    }
    return value;
  }

  /** Without the passwords. */
  @Override
  public String toString() {
    return "TenantDatabaseSecret[" + url + "]";
  }
}
