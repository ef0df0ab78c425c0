package dev.hermes.operator.bootstrap;

import dev.hermes.operator.config.Environment;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the Secrets of an installation once; the chart runs it before anything else. What exists is
 * never touched, so it may run at every upgrade, twice at one time, and after a crash.
 */
public final class SecretsMain {
  private static final Logger log = LoggerFactory.getLogger(SecretsMain.class);

  private final KubernetesClient kubernetes;
  private final BootstrapSecrets secrets;
  private final SecureRandom random;

  SecretsMain(KubernetesClient kubernetes, String namespace, SecureRandom random) {
    this.kubernetes = kubernetes;
    this.secrets = new BootstrapSecrets(namespace, random);
    this.random = random;
  }

  public static void main(String[] args) {
    String namespace = new Environment(System.getenv()).required("HERMES_NAMESPACE");
    boolean superuser = !List.of(args).contains("--skip-superuser");
    try (KubernetesClient kubernetes = new KubernetesClientBuilder().build()) {
      new SecretsMain(kubernetes, namespace, new SecureRandom()).run(superuser);
    }
  }

  void run(boolean superuser) {
    if (superuser) {
      ensure(secrets.superuser());
    }
    Map<String, String> passwords = BootstrapSecrets.values(ensure(secrets.databaseRoles()));
    for (String part : BootstrapSecrets.PARTS.keySet()) {
      Secret desired = secrets.part(part, passwords);
      if (!desired.getData().equals(ensure(desired).getData())) {
        log.warn("{} differs from {}; it was left as it is", part, BootstrapSecrets.DATABASE_ROLES);
      }
    }
    ensure(secrets.pepper());
    ensure(secrets.egressReport());
    Secret signing = ensure(secrets.signing(SigningKeys.newPrivatePem(random)));
    ensure(publicKey(privatePem(signing)));
  }

  private static String privatePem(Secret signing) {
    String pem = BootstrapSecrets.values(signing).get("private.pem");
    if (pem == null) {
      throw new IllegalStateException("Secret hermes-signing has no private.pem");
    }
    return pem;
  }

  private ConfigMap publicKey(String privatePem) {
    return new ConfigMapBuilder()
        .withMetadata(secrets.meta("hermes-signing-public"))
        .addToData("public.pem", SigningKeys.publicPem(privatePem))
        .build();
  }

  /** The object that is there in the end, made now or before. */
  private <T extends HasMetadata> T ensure(T desired) {
    try {
      T made = kubernetes.resource(desired).create();
      log.info("{} {} made", desired.getKind(), desired.getMetadata().getName());
      return made;
    } catch (KubernetesClientException e) {
      if (e.getCode() != 409) {
        throw e;
      }
      log.info("{} {} exists", desired.getKind(), desired.getMetadata().getName());
      return kubernetes.resource(desired).get();
    }
  }
}
