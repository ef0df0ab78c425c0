package dev.hermes.operator.apikey;

import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec.Mode;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.provision.KeyRow;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** The source of each delivery mode. */
final class KeySources {
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Map<Mode, KeySource> sources;

  KeySources(ApiKeyReconciler.Parts parts, Halt halt) {
    SecureRandom random = new SecureRandom();
    Supplier<RawKey> mint = () -> ApiKeyFormat.mint(random);
    SecretAccess secrets = new SecretAccess(parts.kubernetes());
    SameKey sameKey = new SameKey(parts.pepper());
    sources =
        Map.of(
            Mode.SECRET, new MintedSecret(secrets, sameKey, mint, parts.apiUrl(), halt),
            Mode.IMPORT, new ImportedSecret(secrets, sameKey),
            Mode.HASH_ONLY, new HashOnly(sameKey),
            Mode.ENCRYPTED, new EncryptedKey(parts.kubernetes(), mint, halt));
  }

  Offer offer(ApiKey key, Optional<KeyRow> current, boolean rotate) {
    Mode mode = key.getSpec().delivery().mode();
    try {
      return Objects.requireNonNull(sources.get(mode)).offer(key, current, rotate);
    } catch (KubernetesClientException e) {
      if (e.getCode() == 403 && KeySecret.name(key) != null) {
        return new Offer.Later("the right to Secrets of this namespace is being set up", SOON);
      }
      throw e;
    }
  }
}
