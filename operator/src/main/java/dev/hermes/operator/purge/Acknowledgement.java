package dev.hermes.operator.purge;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/**
 * The platform's word that a mass deletion was meant: a ConfigMap of the system namespace, where
 * the right to delete Tenants does not reach.
 */
public final class Acknowledgement {
  private final KubernetesClient kubernetes;
  private final String namespace;

  /**
   * @param namespace the system namespace
   */
  public Acknowledgement(KubernetesClient kubernetes, String namespace) {
    this.kubernetes = kubernetes;
    this.namespace = namespace;
  }

  /**
   * Up to when deletions are meant; throws {@link IllegalArgumentException} for what is no time.
   */
  Optional<Instant> until() {
    ConfigMap map = kubernetes.configMaps().inNamespace(namespace).withName(Names.DELETIONS).get();
    return Optional.ofNullable(map)
        .map(ConfigMap::getData)
        .map(data -> data.get(Names.ACKNOWLEDGED_UNTIL))
        .map(Acknowledgement::parse);
  }

  static Instant parse(String text) {
    try {
      return OffsetDateTime.parse(text.strip()).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          Names.ACKNOWLEDGED_UNTIL
              + " of ConfigMap "
              + Names.DELETIONS
              + " must be an RFC 3339 time such as 2026-08-01T12:00:00Z, not '"
              + (text.length() > 40 ? text.substring(0, 40) + "…" : text)
              + "'",
          e);
    }
  }
}
