package dev.hermes.egress.access;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.destination.Destination;
import java.util.Optional;
import java.util.Set;

/**
 * Who a caller is, and what it may reach, by what is known now; decisions only. The connections ask
 * again whenever something changed.
 */
public final class Access {
  private final Registry registry;
  private final TokenVerifier tokens;
  private final Callback callback;

  /**
   * The platform's own API, which sandboxes may call by a name that no DNS has.
   *
   * @param paths exact paths that are let through
   */
  public record Callback(Destination name, Set<String> paths) {}

  public Access(Registry registry, TokenVerifier tokens, Callback callback) {
    this.registry = registry;
    this.tokens = tokens;
    this.callback = callback;
  }

  /** Credential and address must name the same pod: an address is given out again and again. */
  public Verdict identify(String ip, Optional<String> proxyAuthorization) {
    Optional<Sandbox> here = registry.at(ip);
    return switch (tokens.verify(proxyAuthorization)) {
      case Token.Missing missing ->
          unauthorized(
              here,
              EgressReason.TokenMissing,
              "no proxy credentials; use the HTTP_PROXY of this sandbox's environment");
      case Token.Expired expired ->
          unauthorized(here, EgressReason.TokenExpired, "the proxy credentials have expired");
      case Token.Invalid invalid ->
          unauthorized(here, EgressReason.TokenInvalid, "the proxy credentials are not valid");
      case Token.Valid valid -> pod(here, valid.podUid());
    };
  }

  /** Whose sandbox has this address. */
  public Optional<String> tenantAt(String ip) {
    return registry.at(ip).map(Sandbox::tenantId);
  }

  private static Verdict pod(Optional<Sandbox> here, String uid) {
    if (here.isEmpty()) {
      return soon(here, EgressReason.SandboxUnknown, "no running sandbox has this address");
    }
    if (!here.get().uid().equals(uid)) {
      return soon(
          here, EgressReason.AddressMismatch, "the proxy credentials are another sandbox's");
    }
    return here.get().claimed()
        ? new Verdict.Known(here.get())
        : soon(here, EgressReason.SandboxNotClaimed, "this sandbox is in nobody's use");
  }

  /** Empty: it may. Asked before a connection is made, and of open ones after each change. */
  public Optional<Refusal> refuses(Sandbox sandbox, Destination destination) {
    if (destination.literal()) {
      return forbidden(
          EgressReason.AddressLiteral, destination + " is an address; use a name that is allowed");
    }
    Optional<Sandbox> current =
        registry
            .sandbox(sandbox.uid())
            .filter(now -> now.claimed() && now.ip().equals(sandbox.ip()));
    if (current.isEmpty()) {
      return forbidden(EgressReason.SandboxUnknown, "this sandbox has ended");
    }
    Optional<TenantState> tenant =
        registry
            .tenant(sandbox.tenantName())
            .filter(found -> found.id().equals(sandbox.tenantId()))
            .filter(found -> found.namespace().equals(sandbox.namespace()));
    if (tenant.isEmpty()) {
      return forbidden(EgressReason.TenantUnknown, "this sandbox belongs to no tenant");
    }
    if (tenant.get().suspended()) {
      return forbidden(EgressReason.TenantSuspended, "the tenant is suspended");
    }
    Optional<PolicyState> policy =
        registry
            .policy(sandbox.policy())
            .filter(found -> tenant.get().policies().contains(found.name()));
    if (policy.isEmpty()) {
      return forbidden(
          EgressReason.PolicyUnknown,
          "the tenant has no sandbox policy " + sandbox.policy() + " any more");
    }
    Optional<Refusal> refusal = refuses(policy.get(), destination);
    return refusal.isEmpty() ? narrowed(current.get(), destination) : refusal;
  }

  /** A connection has the sandbox as it was; what it may reach now is asked of the newest. */
  private static Optional<Refusal> narrowed(Sandbox now, Destination destination) {
    return now.narrowing().leaves(destination)
        ? Optional.empty()
        : forbidden(
            EgressReason.HostNotInSandboxNetwork,
            destination + " is not in the network that this sandbox was given");
  }

  private Optional<Refusal> refuses(PolicyState policy, Destination destination) {
    if (isCallback(destination)) {
      return policy.callback()
          ? Optional.empty()
          : forbidden(
              EgressReason.CallbackNotAllowed,
              "sandbox policy " + policy.name() + " has no network.callback");
    }
    return policy.egress().allows(destination)
        ? Optional.empty()
        : forbidden(
            EgressReason.HostNotAllowed,
            destination + " is not in network.egress of sandbox policy " + policy.name());
  }

  public boolean isCallback(Destination destination) {
    return destination.equals(callback.name());
  }

  /** Whether the platform's API may be called at this path, which must be written plainly. */
  public Optional<Refusal> refusesPath(String path) {
    return callback.paths().contains(path)
        ? Optional.empty()
        : forbidden(
            EgressReason.CallbackPathNotAllowed,
            "sandboxes may call only "
                + String.join(", ", callback.paths().stream().sorted().toList()));
  }

  private static Optional<Refusal> forbidden(EgressReason reason, String message) {
    return Optional.of(Refusal.forbidden(reason, message));
  }

  private static Verdict unauthorized(Optional<Sandbox> here, EgressReason reason, String message) {
    return new Verdict.Refused(Refusal.unauthorized(reason, message), here, false);
  }

  private static Verdict soon(Optional<Sandbox> here, EgressReason reason, String message) {
    return new Verdict.Refused(Refusal.forbidden(reason, message), here, true);
  }
}
