package dev.hermes.api.sandbox;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.TokenSigner;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The environment of everything that runs in a sandbox: what its app wants, and the way out, where
 * its policy has one. It goes in after the claim, for a warm pod has no user yet.
 */
@Singleton
final class SandboxEnvironment {
  private final DaemonClient daemon;
  private final TokenSigner signer;

  SandboxEnvironment(DaemonClient daemon, TokenSigner signer) {
    this.daemon = daemon;
    this.signer = signer;
  }

  /** Costs nothing where there is nothing to tell. */
  void give(Endpoint endpoint, EffectivePolicy policy, Map<String, String> own)
      throws DaemonException, InterruptedException {
    Map<String, String> all = new LinkedHashMap<>(own);
    if (policy.egressProxy() != null) {
      all.putAll(wayOut(policy.egressProxy(), endpoint.podUid(), policy));
    }
    if (!all.isEmpty()) {
      daemon.setEnvironment(endpoint, all);
    }
  }

  /** Some programs read the names in capitals, some the others; curl takes one in small only. */
  private Map<String, String> wayOut(String proxy, String podUid, EffectivePolicy policy) {
    Duration life = Duration.ofSeconds(policy.limits().maxLifetimeSeconds());
    String url = "http://sandbox:" + signer.signEgress(podUid, life) + "@" + proxy;
    return Map.of("HTTP_PROXY", url, "HTTPS_PROXY", url, "http_proxy", url, "https_proxy", url);
  }
}
