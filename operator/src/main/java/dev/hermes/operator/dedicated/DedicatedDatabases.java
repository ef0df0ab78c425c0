package dev.hermes.operator.dedicated;

import dev.hermes.crds.Reason;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import dev.hermes.operator.provision.DedicatedDatabase;
import dev.hermes.operator.provision.DedicatedUnavailable;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.function.LongSupplier;

/**
 * Finds a tenant's own database by the Secret that leads to it. Nothing stays open between two
 * looks, so a new password counts with the next one.
 */
public final class DedicatedDatabases {
  private final KubernetesClient kubernetes;
  private final String namespace;
  private final boolean plaintext;
  private final LongSupplier epoch;
  private final String clusterUid;

  /**
   * @param namespace the system namespace, the only one whose Secrets are read
   * @param plaintext whether connections that nobody verifies are let through
   */
  public DedicatedDatabases(
      KubernetesClient kubernetes,
      String namespace,
      boolean plaintext,
      LongSupplier epoch,
      String clusterUid) {
    this.kubernetes = kubernetes;
    this.namespace = namespace;
    this.plaintext = plaintext;
    this.epoch = epoch;
    this.clusterUid = clusterUid;
  }

  /**
   * A way to a database.
   *
   * @param version the Secret's; another one is another password or another database
   */
  record Found(DedicatedDatabase database, String version) {}

  /** Throws {@link DedicatedUnavailable}; does not connect. */
  Found find(String name) {
    Secret secret = read(name);
    try {
      return new Found(
          new DedicatedDatabase(
              TenantDatabaseSecret.of(
                  secret.getType(), TenantDatabaseSecret.decoded(secret.getData()), plaintext),
              epoch,
              clusterUid),
          secret.getMetadata().getUid() + "/" + secret.getMetadata().getResourceVersion());
    } catch (IllegalArgumentException e) {
      throw new DedicatedUnavailable(
          Reason.DatabaseSecretInvalid, "Secret " + name + ": " + e.getMessage());
    }
  }

  private Secret read(String name) {
    try {
      Secret secret = kubernetes.secrets().inNamespace(namespace).withName(name).get();
      if (secret == null) {
        throw new DedicatedUnavailable(
            Reason.DatabaseSecretMissing,
            "there is no Secret " + name + " in namespace " + namespace + "; make it");
      }
      return secret;
    } catch (KubernetesClientException e) {
      if (e.getCode() == 403) {
        throw new DedicatedUnavailable(
            Reason.DatabaseSecretMissing,
            "Secret "
                + name
                + " is not one that Hermes may read; name it in the chart's"
                + " database.dedicated.secrets");
      }
      throw e;
    }
  }
}
