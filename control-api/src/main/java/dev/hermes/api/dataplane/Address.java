package dev.hermes.api.dataplane;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which sandbox and port a request names: in headers of its own, else in the first label of its
 * host, {@code <port>-<sandbox>}, which a wildcard name in DNS brings here.
 *
 * @param sandbox empty when the request names none; its token does
 */
record Address(Optional<String> sandbox, String port) {
  private static final String DAEMON = "49983";
  private static final Pattern LABEL = Pattern.compile("(\\d{1,5})-([0-9a-f-]{36})\\..*");

  static Address of(HttpHeaders headers) {
    Matcher label = LABEL.matcher(headers.get("host", ""));
    boolean named = label.matches();
    Optional<String> sandbox = Optional.ofNullable(headers.get("e2b-sandbox-id"));
    return new Address(
        sandbox.isEmpty() && named ? Optional.of(label.group(2)) : sandbox,
        headers.get("e2b-sandbox-port", named ? label.group(1) : DAEMON));
  }
}
