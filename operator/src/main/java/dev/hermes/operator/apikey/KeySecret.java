package dev.hermes.operator.apikey;

import dev.hermes.crds.Names;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.kube.SecretText;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The Secret that carries a key: what it looks like, and what is read of one; pure. */
final class KeySecret {
  private KeySecret() {}

  /** Not immutable: the kubelet never refreshes a volume that shows an immutable Secret. */
  static Secret desired(ApiKey key, RawKey raw, String apiUrl, Optional<String> replaces) {
    return new SecretBuilder()
        .withNewMetadata()
        .withAnnotations(replaces.map(keyId -> Map.of(Names.KEY_REPLACES, keyId)).orElse(null))
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
        .addToData(Names.KEY_SECRET_KEY, SecretText.encode(raw.text()))
        .addToData(Names.KEY_SECRET_ID, SecretText.encode(raw.keyId()))
        .addToData(Names.KEY_SECRET_URL, SecretText.encode(apiUrl))
        .build();
  }

  /** Null: the mode has no Secret. */
  static @Nullable String name(ApiKey key) {
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
        .map(SecretText::decode)
        .flatMap(ApiKeyFormat::parse);
  }

  /** Id of the key that the one in this Secret was made to replace. */
  static Optional<String> replaces(Secret secret) {
    return Optional.ofNullable(secret.getMetadata().getAnnotations())
        .map(annotations -> annotations.get(Names.KEY_REPLACES));
  }
}
