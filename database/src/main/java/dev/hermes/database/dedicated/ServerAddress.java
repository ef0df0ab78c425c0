package dev.hermes.database.dedicated;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JDBC URL of a tenant's database, read with care: who may write the Secret must not thereby
 * choose which classes a driver loads or which files it writes.
 */
final class ServerAddress {
  private static final Pattern FORM =
      Pattern.compile(
          "jdbc:postgresql://[A-Za-z0-9_.:,\\[\\]-]{1,500}/[A-Za-z0-9_-]{1,63}(?:\\?(.*))?");
  private static final Set<String> PARAMETERS =
      Set.of(
          "sslmode",
          "sslrootcert",
          "sslfactory",
          "channelBinding",
          "targetServerType",
          "prepareThreshold");
  // The certificates that the Java runtime trusts.
  private static final String JAVA_TRUST = "org.postgresql.ssl.DefaultJavaSSLFactory";

  private ServerAddress() {}

  /** The URL itself; throws {@link IllegalArgumentException} with a message that holds no value. */
  static String checked(String url, boolean plaintext) {
    Matcher form = FORM.matcher(url);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "its url must look like jdbc:postgresql://host:5432/name?sslmode=verify-full, without"
              + " user and password");
    }
    Map<String, String> parameters = parameters(form.group(1));
    String factory = parameters.getOrDefault("sslfactory", JAVA_TRUST);
    if (!factory.equals(JAVA_TRUST)) {
      throw new IllegalArgumentException("sslfactory of its url can only be " + JAVA_TRUST);
    }
    if (!plaintext && !"verify-full".equals(parameters.get("sslmode"))) {
      throw new IllegalArgumentException(
          "its url must say sslmode=verify-full: the server's certificate is verified (only the"
              + " chart's database.dedicated.allowPlaintext lifts this, for tests)");
    }
    return url;
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String part : query.split("&", -1)) {
      String[] pair = part.split("=", 2);
      if (pair.length != 2 || !PARAMETERS.contains(pair[0])) {
        throw new IllegalArgumentException(
            "its url may have these parameters and no others: "
                + PARAMETERS.stream().sorted().reduce((a, b) -> a + ", " + b).orElseThrow());
      }
      if (parameters.put(pair[0], pair[1]) != null) {
        throw new IllegalArgumentException("its url has the parameter " + pair[0] + " twice");
      }
    }
    return parameters;
  }
}
