package dev.hermes.operator.bootstrap;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The Secrets of an installation; pure but for the randomness. */
final class BootstrapSecrets {
  static final String DATABASE_ROLES = "hermes-db-roles";
  static final List<String> ROLES =
      List.of("migrator", "provisioner", "probe", "app", "authn", "platform", "jobs", "backup");

  /** Secrets that hold a part of the roles' passwords, for the process that needs it. */
  static final Map<String, List<String>> PARTS =
      new TreeMap<>(
          Map.of(
              "hermes-db-migrator", List.of("migrator"),
              "hermes-db-backup", List.of("backup"),
              "hermes-db-operator", List.of("provisioner", "probe"),
              "hermes-db-api", List.of("app", "authn", "platform", "jobs")));

  private static final String MADE_BY = "hermes-bootstrap";
  private static final String BASE62 =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int LENGTH = 32;

  private final String namespace;
  private final SecureRandom random;

  BootstrapSecrets(String namespace, SecureRandom random) {
    this.namespace = namespace;
    this.random = random;
  }

  Secret superuser() {
    return secret("hermes-postgresql", Map.of("superuser", password()));
  }

  Secret databaseRoles() {
    return secret(
        DATABASE_ROLES,
        ROLES.stream().collect(Collectors.toMap(Function.identity(), role -> password())));
  }

  /** The same passwords as in the roles' Secret, and no more of them than this process needs. */
  Secret part(String name, Map<String, String> passwords) {
    return secret(
        name,
        Objects.requireNonNull(PARTS.get(name)).stream()
            .collect(Collectors.toMap(Function.identity(), passwords::get)));
  }

  Secret pepper() {
    byte[] pepper = new byte[32];
    random.nextBytes(pepper);
    return secret("hermes-pepper", Map.of("1", Base64.getEncoder().encodeToString(pepper)));
  }

  Secret signing(String privatePem) {
    return secret("hermes-signing", Map.of("private.pem", privatePem));
  }

  /** What the egress proxy shows the control API when it reports. */
  Secret egressReport() {
    return secret("hermes-egress-report", Map.of("token", password()));
  }

  ObjectMeta meta(String name) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(namespace)
        .addToLabels(Names.MANAGED_BY, MADE_BY)
        .build();
  }

  static Map<String, String> values(Secret secret) {
    return secret.getData().entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                entry ->
                    new String(
                        Base64.getDecoder().decode(entry.getValue()), StandardCharsets.UTF_8)));
  }

  private Secret secret(String name, Map<String, String> values) {
    Map<String, String> data = new TreeMap<>();
    values.forEach((key, value) ->
        data.put(key, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))));
    return new SecretBuilder().withMetadata(meta(name)).withType("Opaque").withData(data).build();
  }

  private String password() {
    return random
        .ints(LENGTH, 0, BASE62.length())
        .mapToObj(i -> String.valueOf(BASE62.charAt(i)))
        .collect(Collectors.joining());
  }
}
