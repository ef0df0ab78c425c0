package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.operator.kube.Deletion;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The Secrets with tenants' own logins, in a namespace that holds nothing else: the operator may
 * read every Secret there and none beside it.
 */
public final class LoginSecrets {
  private final KubernetesClient kubernetes;
  private final Deletion deletion;
  private final String namespace;
  private final String url;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param url where the database is, for people's tools
   */
  public LoginSecrets(KubernetesClient kubernetes, String namespace, String url) {
    this.kubernetes = kubernetes;
    this.deletion = new Deletion(kubernetes);
    this.namespace = namespace;
    this.url = url;
  }

  /**
   * The password that is to be in force: the one in the Secret, which is made when there is none.
   * Empty: somebody else's Secret has the name, or this one was changed.
   */
  Optional<String> password(String tenant, UUID id, String username) {
    Secret secret = read(tenant, id);
    if (secret == null) {
      secret =
          create(
              LoginSecret.desired(
                  namespace, tenant, id, url, username, LoginSecret.newPassword(random)),
              tenant,
              id);
    }
    return Optional.ofNullable(secret)
        .filter(found -> LoginSecret.isOurs(found, id))
        .flatMap(LoginSecret::password);
  }

  String name(String tenant, UUID id) {
    return namespace + "/" + Names.loginSecretOf(tenant, id.toString());
  }

  void delete(String tenant, UUID id) {
    Secret secret = read(tenant, id);
    if (secret != null && LoginSecret.isOurs(secret, id)) {
      deletion.secret(namespace, secret.getMetadata().getName(), secret.getMetadata().getUid());
    }
  }

  private @Nullable Secret read(String tenant, UUID id) {
    return kubernetes
        .secrets()
        .inNamespace(namespace)
        .withName(Names.loginSecretOf(tenant, id.toString()))
        .get();
  }

  /**
   * Create only: whoever came first keeps the name, and is what is returned. When nobody has it,
   * the conflict was about something else, and a later try may do.
   */
  private Secret create(Secret desired, String tenant, UUID id) {
    try {
      return kubernetes.resource(desired).create();
    } catch (KubernetesClientException e) {
      Secret there = e.getCode() == 409 ? read(tenant, id) : null;
      if (there == null) {
        throw e;
      }
      return there;
    }
  }
}
