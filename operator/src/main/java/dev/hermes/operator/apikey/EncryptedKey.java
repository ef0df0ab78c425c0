package dev.hermes.operator.apikey;

import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeyStatus;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.StatusPatch;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.provision.KeyRow;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A key that only the user's age recipient can read: its ciphertext stands in the status, the raw
 * key nowhere. The ciphertext is written first and the row is made from memory; a process that dies
 * between the two leaves the ciphertext of a key that never worked, and the next one mints afresh.
 */
final class EncryptedKey implements KeySource {
  private final KubernetesClient kubernetes;
  private final Supplier<RawKey> mint;
  private final Halt halt;

  EncryptedKey(KubernetesClient kubernetes, Supplier<RawKey> mint, Halt halt) {
    this.kubernetes = kubernetes;
    this.mint = mint;
    this.halt = halt;
  }

  /**
   * @param key as it is now and not out of a cache; its status gets the new ciphertext
   */
  @Override
  public Offer offer(ApiKey key, Optional<KeyRow> current, boolean rotate) {
    ApiKeyStatus status = Objects.requireNonNullElseGet(key.getStatus(), ApiKeyStatus::empty);
    if (current.isPresent() && !rotate) {
      return current.get().keyId().equals(status.encryptedKeyId())
          ? new Offer.Keep()
          : new Offer.Deny(
              Reason.CiphertextMissing,
              "status.encryptedKey is not that of the current key, which cannot be shown again; set"
                  + " spec.rotation.requestedAt to now for a new one");
    }
    Optional<AgeRecipient> recipient =
        AgeRecipient.parse(
            Objects.requireNonNull(key.getSpec().delivery().ageRecipient(), "the schema asks"));
    if (recipient.isEmpty()) {
      return new Offer.Deny(
          Reason.RecipientInvalid,
          "delivery.ageRecipient is mistyped: its checksum is wrong; make another APIKey with the"
              + " line that age-keygen -y prints");
    }
    RawKey raw = mint.get();
    record(key, status.withCiphertext(recipient.get().encrypt(raw.text()), raw.keyId()));
    halt.after(Step.KEY_CIPHERTEXT);
    return new Offer.Use(raw.keyId(), raw.innerHash());
  }

  /** Only over the version that was read: a slower leader's write is refused with 409. */
  private void record(ApiKey key, ApiKeyStatus status) {
    ApiKey patch = StatusPatch.of(new ApiKey(), key, status);
    patch.getMetadata().setResourceVersion(key.getMetadata().getResourceVersion());
    ApiKey written =
        kubernetes
            .resource(patch)
            .subresource("status")
            .patch(
                new PatchContext.Builder()
                    .withPatchType(PatchType.SERVER_SIDE_APPLY)
                    .withFieldManager(Names.APIKEY_FIELD_MANAGER)
                    .withForce(true)
                    .build());
    key.setStatus(status);
    key.getMetadata().setResourceVersion(written.getMetadata().getResourceVersion());
  }
}
