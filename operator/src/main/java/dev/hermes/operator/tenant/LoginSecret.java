package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.operator.kube.SecretText;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The Secret with a tenant's own login to the database: what it looks like, what is read of it. */
final class LoginSecret {
  private static final int PASSWORD_BYTES = 32;

  private LoginSecret() {}

  static Secret desired(
      String namespace, String tenant, UUID id, String url, String username, String password) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(Names.loginSecretOf(tenant, id.toString()))
        .withNamespace(namespace)
        .addToLabels(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
        .addToLabels(Names.TENANT, tenant)
        .addToLabels(Names.TENANT_ID, id.toString())
        .endMetadata()
        .withType(Names.LOGIN_SECRET_TYPE)
        .addToData("url", SecretText.encode(url))
        .addToData("username", SecretText.encode(username))
        .addToData("password", SecretText.encode(password))
        .build();
  }

  /**
   * Made for these data, whichever Tenant object they belong to; whoever else has the name keeps
   * it.
   */
  static boolean isOurs(Secret secret, UUID id) {
    Map<String, String> labels = secret.getMetadata().getLabels();
    return Names.LOGIN_SECRET_TYPE.equals(secret.getType())
        && labels != null
        && id.toString().equals(labels.get(Names.TENANT_ID));
  }

  /** Empty: nothing that {@link #newPassword} made. */
  static Optional<String> password(Secret secret) {
    return Optional.ofNullable(secret.getData())
        .map(data -> data.get("password"))
        .map(SecretText::decode)
        .filter(password -> password.matches("[A-Za-z0-9_-]{43}"));
  }

  static String newPassword(SecureRandom random) {
    byte[] bytes = new byte[PASSWORD_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
