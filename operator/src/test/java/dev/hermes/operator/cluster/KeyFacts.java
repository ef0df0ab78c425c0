package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.apikey.AgeRecipientTest;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What is true of a key in the database and in its Secret. */
final class KeyFacts {
  private KeyFacts() {}

  /** Ids of the keys that the API would accept, the current one first. */
  static List<String> good(Cluster cluster, ApiKey key) {
    String ids =
        cluster.sql(
            """
            select coalesce(string_agg(k.kid, ',' order by k.superseded_at desc nulls first), '')
              from authn.key_digests k, authn.lookup(k.kid) l
             where k.cr_uid = ? and l.revoked_at is null and l.expires_at > now()\
            """,
            key.getMetadata().getUid());
    return ids.isEmpty() ? List.of() : Arrays.asList(ids.split(","));
  }

  /** This raw key is the one current key of the object, and it would be accepted. */
  static void assertCurrent(Cluster cluster, ApiKey key, RawKey raw) {
    assertThat(good(cluster, key)).first().isEqualTo(raw.keyId());
    assertThat(
            cluster.sql(
                "select count(*) from authn.key_digests"
                    + " where cr_uid = ? and superseded_at is null and revoked_at is null",
                key.getMetadata().getUid()))
        .isEqualTo("1");
    assertThat(
            cluster.sql(
                "select encode(digest, 'hex') from authn.key_digests where kid = ?", raw.keyId()))
        .isEqualTo(HexFormat.of().formatHex(digest(raw)));
  }

  /** With the pepper of the tests, 32 zero bytes. */
  private static byte[] digest(RawKey raw) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
      return mac.doFinal(raw.innerHash());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static RawKey raw(Secret secret) {
    return ApiKeyFormat.parse(
            new String(
                Base64.getDecoder().decode(secret.getData().get(Names.KEY_SECRET_KEY)),
                StandardCharsets.UTF_8))
        .orElseThrow();
  }

  static RawKey decrypted(ApiKey key) throws Exception {
    return ApiKeyFormat.parse(
            AgeRecipientTest.decrypt(Objects.requireNonNull(key.getStatus().encryptedKey())))
        .orElseThrow();
  }

  static Secret secret(KubernetesClient kubernetes, String name) {
    return kubernetes.secrets().inNamespace(Cluster.APPS).withName(name).get();
  }

  static Secret secret(String name, String type, String text) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(Cluster.APPS)
        .endMetadata()
        .withType(type)
        .addToStringData(Names.KEY_SECRET_KEY, text)
        .build();
  }

  /** Takes every APIKey away without an operator; none may run. */
  static void forgetAll(KubernetesClient kubernetes) {
    for (ApiKey key :
        kubernetes.resources(ApiKey.class).inNamespace(Cluster.APPS).list().getItems()) {
      kubernetes
          .resource(key)
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
      kubernetes.resource(key).delete();
    }
  }

  static void requestRotation(KubernetesClient kubernetes, ApiKey key) {
    kubernetes
        .resource(key)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"rotation\":{\"requestedAt\":\"" + Instant.now() + "\"}}}");
  }
}
