package dev.hermes.egress.config;

import dev.hermes.crds.Names;
import dev.hermes.crds.egress.Cidr;
import dev.hermes.egress.address.AddressRules;
import dev.hermes.egress.destination.Destination;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Settings of the process. Made by {@link #fromEnvironment}, which names the variable at fault.
 *
 * @param denied ranges of the cluster, refused though they may look public
 * @param privateDestinations by host:port: ranges that this destination may be in though they are
 *     not public
 * @param callbackName the name under which sandboxes call the platform
 * @param apiUrl where the control API is
 * @param report where reports go; empty: nowhere
 */
public record EgressConfig(
    int port,
    int managementPort,
    String podName,
    Path signingPublicFile,
    List<Cidr> denied,
    Map<String, List<Cidr>> privateDestinations,
    Destination callbackName,
    Set<String> callbackPaths,
    URI apiUrl,
    int perSandbox,
    int perTenant,
    int total,
    Optional<Report> report) {

  /** The control API's receiver, and the file with the token that it asks for. */
  public record Report(URI url, Path tokenFile) {}

  public static EgressConfig fromEnvironment() {
    return from(System.getenv());
  }

  /** Reads the settings; throws {@link IllegalArgumentException} with a message for people. */
  public static EgressConfig from(Map<String, String> env) {
    return new EgressConfig(
        number(env, "HERMES_EGRESS_PORT", Names.EGRESS_PORT, 0, 65_535),
        number(env, "HERMES_MANAGEMENT_PORT", 8081, 0, 65_535),
        optional(env, "POD_NAME").orElse("hermes-egress"),
        file(env, "HERMES_SIGNING_PUBLIC_FILE"),
        list(env, "HERMES_EGRESS_DENY_CIDRS").map(Cidr::parse).toList(),
        exceptions(env),
        destination(env),
        list(env, "HERMES_EGRESS_CALLBACK_PATHS", "/v1/me,/v1/chat/completions,/v1/models,/mcp")
            .collect(Collectors.toUnmodifiableSet()),
        URI.create(required(env, "HERMES_API_URL")),
        number(env, "HERMES_EGRESS_CONNECTIONS_PER_SANDBOX", 64, 1, 10_000),
        number(env, "HERMES_EGRESS_CONNECTIONS_PER_TENANT", 1_024, 1, 100_000),
        number(env, "HERMES_EGRESS_CONNECTIONS", 4_096, 1, 100_000),
        optional(env, "HERMES_EGRESS_REPORT_URL")
            .map(url -> new Report(URI.create(url), file(env, "HERMES_EGRESS_REPORT_TOKEN_FILE"))));
  }

  private static Map<String, List<Cidr>> exceptions(Map<String, String> env) {
    Map<String, List<Cidr>> exceptions = new HashMap<>();
    list(env, "HERMES_EGRESS_PRIVATE_DESTINATIONS")
        .map(AddressRules::exception)
        .forEach(exception ->
            exceptions
                .computeIfAbsent(exception.getKey(), name -> new ArrayList<>())
                .add(exception.getValue()));
    return exceptions;
  }

  private static Destination destination(Map<String, String> env) {
    String text =
        optional(env, "HERMES_EGRESS_CALLBACK_NAME").orElse("platform.hermes.internal:80");
    return Destination.parse(text)
        .filter(name -> !name.literal())
        .orElseThrow(() ->
            new IllegalArgumentException(
                "HERMES_EGRESS_CALLBACK_NAME must be name:port, not " + text));
  }

  private static Optional<String> optional(Map<String, String> env, String name) {
    return Optional.ofNullable(env.get(name)).map(String::strip).filter(text -> !text.isEmpty());
  }

  private static String required(Map<String, String> env, String name) {
    return optional(env, name)
        .orElseThrow(() -> new IllegalArgumentException(name + " is not set"));
  }

  private static Stream<String> list(Map<String, String> env, String name) {
    return list(env, name, "");
  }

  private static Stream<String> list(Map<String, String> env, String name, String otherwise) {
    return Arrays.stream(optional(env, name).orElse(otherwise).split(","))
        .map(String::strip)
        .filter(word -> !word.isEmpty());
  }

  private static int number(
      Map<String, String> env, String name, int otherwise, int least, int most) {
    String text = optional(env, name).orElse(Integer.toString(otherwise));
    if (text.matches("[0-9]{1,9}")) {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw new IllegalArgumentException(
        name + " must be a number between " + least + " and " + most + ", not " + text);
  }

  private static Path file(Map<String, String> env, String name) {
    Path path = Path.of(required(env, name));
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException(name + " names " + path + ", which is not a file");
    }
    return path;
  }
}
