package dev.hermes.api.dataplane;

import dev.hermes.api.held.AccessTokens;
import dev.hermes.api.held.AccessTokens.Access;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.Failures;
import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.api.sandbox.HeldLeases;
import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.api.trace.RequestScope;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import io.netty.handler.codec.http.HttpHeaders;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges a request on the data plane by the token of its sandbox. It may ask the database and the
 * daemon, so no event loop calls it.
 */
@Singleton
final class Admission {
  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

  /** The daemon has one port; these are the two by which E2B's clients know its halves. */
  private static final Set<String> PORTS = Set.of("49983", "49999");

  private final AccessTokens tokens;
  private final HeldLeases leases;
  private final Tenants tenants;
  private final DaemonClient daemon;
  private final Runs runs;

  Admission(
      AccessTokens tokens, HeldLeases leases, Tenants tenants, DaemonClient daemon, Runs runs) {
    this.tokens = tokens;
    this.leases = leases;
    this.tenants = tenants;
    this.daemon = daemon;
    this.runs = runs;
  }

  Verdict judge(Asked asked) throws InterruptedException {
    Optional<Access> access = access(asked.headers());
    try (var _ = RequestScope.working("", access.map(it -> it.tenant().toString()).orElse(""))) {
      return judge(asked, access);
    }
  }

  private Verdict judge(Asked asked, Optional<Access> access) throws InterruptedException {
    try {
      return check(asked, access);
    } catch (ApiException e) {
      return new Verdict.Refused(
          e.failure().status(),
          e.failure().status() == 403 ? "permission_denied" : "unavailable",
          e.failure().message());
    } catch (RuntimeException e) {
      if (!Failures.isDatabaseAway(e)) {
        LOG.error("a request on the data plane could not be judged", e);
      }
      return new Verdict.Refused(503, "unavailable", "The service cannot judge this now.");
    }
  }

  private Verdict check(Asked asked, Optional<Access> access) throws InterruptedException {
    HttpHeaders headers = asked.headers();
    Address address = Address.of(headers);
    // some older clients send the token alone; an id beside it must be the token's
    if (access.isEmpty()
        || address
            .sandbox()
            .filter(id -> !id.equals(access.get().lease().toString()))
            .isPresent()) {
      return new Verdict.Refused(
          401,
          "unauthenticated",
          "Send the sandbox's own access token in X-Access-Token and its id in E2b-Sandbox-Id.");
    }
    if (!isUser(headers.get("authorization"))) {
      return new Verdict.Refused(
          401, "unauthenticated", "There is no such user: everything here runs as 'user'.");
    }
    if (!PORTS.contains(address.port())) {
      return new Verdict.Refused(
          501,
          "unimplemented",
          "Port " + address.port() + " is not reached: a sandbox publishes no ports.");
    }
    Access to = access.get();
    Optional<Tool> begins = Routes.begins(asked.method(), asked.path());
    if (begins.isEmpty()) {
      return reach(lease(to, asked.path()), Optional.empty());
    }
    return reach(runs.begin(to.tenant(), begins.get(), () -> lease(to, asked.path())));
  }

  /** The sandbox, when it lives, listens, and the tenant may ask this of it. */
  private HeldLease lease(Access access, String path) {
    // asked each time: once an end has been told, no replica lets anybody in, whatever the pod does
    HeldLease lease =
        leases
            .find(access.tenant(), access.lease())
            .orElseThrow(() -> new ApiException(ended(access.lease())));
    EffectiveTenant tenant = tenants.effective(access.tenant());
    refusal(path, tenant, lease)
        .ifPresent(why -> {
          throw new ApiException(Failure.forbidden("tool_not_allowed", why));
        });
    if (lease.pod().flatMap(SandboxPodRef::ip).isEmpty()) {
      throw new ApiException(
          Failure.badGateway("sandbox_starting", "The sandbox is not ready yet."));
    }
    return lease;
  }

  private Optional<Access> access(HttpHeaders headers) {
    String token = headers.get("x-access-token");
    if (token == null) {
      token = headers.get("e2b-traffic-access-token", "");
    }
    return tokens.verify(token);
  }

  /** Basic authentication names a user of the sandbox; its password means nothing. */
  private static boolean isUser(@Nullable String header) {
    if (header == null) {
      return true;
    }
    if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return false;
    }
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(header.substring(6).strip()), StandardCharsets.UTF_8);
      String user = pair.substring(0, Math.max(0, pair.indexOf(':')));
      return user.isEmpty() || user.equals("user");
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Optional<String> refusal(String path, EffectiveTenant tenant, HeldLease lease) {
    Set<Tool> allowed = tenant.policy(lease.policy()).map(tenant::toolsIn).orElse(Set.of());
    if (allowed.isEmpty()) {
      return Optional.of("The policy of this sandbox allows this tenant no tool.");
    }
    return Routes.tool(path)
        .filter(tool -> !allowed.contains(tool))
        .map(tool ->
            "The tool '" + tool.wire() + "' is not allowed to this tenant in this sandbox.");
  }

  /** A run whose daemon cannot be asked ends here. */
  private Verdict reach(Run run) throws InterruptedException {
    boolean admitted = false;
    try {
      Verdict verdict = reach(run.lease(), Optional.of(run));
      admitted = true;
      return verdict;
    } finally {
      if (!admitted) {
        runs.finish(run, Run.End.unasked());
      }
    }
  }

  private Verdict reach(HeldLease lease, Optional<Run> run) throws InterruptedException {
    SandboxPodRef pod = lease.pod().orElseThrow();
    Endpoint endpoint = Endpoint.of(pod.ip().orElseThrow(), pod.uid());
    try {
      return new Verdict.Admitted(endpoint, daemon.token(endpoint), run);
    } catch (DaemonException e) {
      throw new ApiException(ended(lease.id()));
    }
  }

  /** The status by which E2B's clients know that a sandbox is no more. */
  private static Failure ended(UUID id) {
    return Failure.badGateway("sandbox_ended", "Sandbox " + id + " has ended.");
  }
}
