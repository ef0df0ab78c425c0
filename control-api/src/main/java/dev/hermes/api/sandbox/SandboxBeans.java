package dev.hermes.api.sandbox;

import dev.hermes.api.trace.Step;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.Jws;
import dev.hermes.sandbox.daemon.PublicKeys;
import dev.hermes.sandbox.daemon.TokenSigner;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.time.Clock;

@Factory
final class SandboxBeans {
  private final PrivateKey key;

  SandboxBeans(@Value("${hermes.signing-private-file}") String file) throws IOException {
    this.key = TokenSigner.privateKey(Path.of(file));
  }

  /** Made at start, so that a key that cannot be read shows then. */
  @Context
  @Bean(preDestroy = "close")
  DaemonClient daemon() {
    return new DaemonClient(signer(), Step::traceparent);
  }

  @Singleton
  TokenSigner signer() {
    return new TokenSigner(key);
  }

  /** For tokens that the API gives out and reads itself. */
  @Singleton
  Jws jws() {
    return new Jws(key);
  }

  @Singleton
  @Bean(preDestroy = "close")
  KubernetesClient kubernetes() {
    return new KubernetesClientBuilder().build();
  }

  @Singleton
  PodSource pods(KubernetesClient kubernetes, Clock clock) {
    return new PodsByBackend(
        new KubernetesPods(kubernetes, clock, PublicKeys.of(key)),
        new AgentSandboxPods(kubernetes, clock));
  }
}
