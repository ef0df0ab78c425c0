package dev.hermes.operator.apikey;

import dev.hermes.crds.Names;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** The Secret that carries a key: what it looks like, and what is read of one; pure. */
final class KeySecret {
  private KeySecret() {}

  static Secret desired(ApiKey key, RawKey raw, String apiUrl) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name(key))
        .withNamespace(key.getMetadata().getNamespace())
        .addToLabels(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
        .addToLabels(Names.OWNER_UID, key.getMetadata().getUid())
        .addNewOwnerReference()
        .withApiVersion(key.getApiVersion())
        .withKind(key.getKind())
        .withName(key.getMetadata().getName())
        .withUid(key.getMetadata().getUid())
        .withController(true)
        .endOwnerReference()
        .endMetadata()
        .withType(Names.KEY_SECRET_TYPE)
        .withImmutable(true)
        .addToData(Names.KEY_SECRET_KEY, encode(raw.text()))
        .addToData(Names.KEY_SECRET_ID, encode(raw.keyId()))
        .addToData(Names.KEY_SECRET_URL, encode(apiUrl))
        .build();
  }

  static String name(ApiKey key) {
    return key.getSpec().delivery().secretNameFor(key.getMetadata().getName());
  }

  /** Made for this very object; whoever else has the name keeps it. */
  static boolean isOurs(Secret secret, ApiKey key) {
    Map<String, String> labels = secret.getMetadata().getLabels();
    return Names.KEY_SECRET_TYPE.equals(secret.getType())
        && labels != null
        && key.getMetadata().getUid().equals(labels.get(Names.OWNER_UID));
  }

  static Optional<RawKey> read(Secret secret) {
    return Optional.ofNullable(secret.getData())
        .map(data -> data.get(Names.KEY_SECRET_KEY))
        .map(KeySecret::decode)
        .flatMap(ApiKeyFormat::parse);
  }

  /** When the key was made: its life is counted from here, whatever was repeated since. */
  static Instant made(Secret secret) {
    return Instant.parse(secret.getMetadata().getCreationTimestamp());
  }

  private static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
