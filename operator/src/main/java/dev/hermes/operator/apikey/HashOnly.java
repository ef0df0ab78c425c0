package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.operator.provision.KeyRow;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;

/** The user keeps the raw key and gives its id and hash in the spec. */
final class HashOnly implements KeySource {
  private final SameKey sameKey;

  HashOnly(SameKey sameKey) {
    this.sameKey = sameKey;
  }

  @Override
  public Offer offer(ApiKey key, Optional<KeyRow> current, boolean rotate) {
    ApiKeySpec.Delivery delivery = key.getSpec().delivery();
    String keyId = Objects.requireNonNull(delivery.keyId(), "the schema asks for it");
    byte[] innerHash =
        HexFormat.of().parseHex(Objects.requireNonNull(delivery.keyDigest(), "likewise"));
    return sameKey.or(
        current,
        keyId,
        innerHash,
        Reason.KeyIdTaken,
        "delivery.keyDigest is not that of key "
            + keyId
            + " as it was issued; restore it, or make"
            + " another key");
  }
}
