package dev.hermes.api.e2b;

import static dev.hermes.api.e2b.E2bWish.isGiven;
import static dev.hermes.api.e2b.E2bWish.refuse;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.egress.SandboxEgress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * E2B's network settings as what a sandbox may reach of what its policy allows. There, what is
 * allowed goes before what is denied, and what is neither is open; here only names are ever open.
 * What cannot be kept to is refused: who asks for less would believe it is so.
 */
final class E2bNetwork {
  private static final String EVERYTHING = "0.0.0.0/0";
  private static final Set<String> ALL = Set.of(EVERYTHING, "::/0");

  private E2bNetwork() {}

  /** Whether traffic may come in is not asked: nobody reaches a sandbox but through this API. */
  static Optional<SandboxEgress> of(E2bWire.NewSandbox body) {
    E2bWire.Network network = body.network();
    if (network == null) {
      return egress(body.allowInternetAccess(), null, null);
    }
    refuse(isGiven(network.egressProxy()), "network.egressProxy", "the policy names the way out");
    refuse(isGiven(network.rules()), "network.rules", "requests are not rewritten");
    refuse(network.maskRequestHost() != null, "network.maskRequestHost", "ports are not published");
    refuse(hasSome(network.dnsServers()), "network.dnsServers", "a sandbox has no DNS");
    return egress(body.allowInternetAccess(), network.allowOut(), network.denyOut());
  }

  static Optional<SandboxEgress> of(E2bWire.NetworkUpdate body) {
    refuse(isGiven(body.egressProxy()), "egressProxy", "the policy names the way out");
    refuse(isGiven(body.rules()), "rules", "requests are not rewritten");
    refuse(hasSome(body.dnsServers()), "dnsServers", "a sandbox has no DNS");
    return egress(body.allowInternetAccess(), body.allowOut(), body.denyOut());
  }

  private static Optional<SandboxEgress> egress(
      @Nullable Boolean internet, @Nullable List<String> allowOut, @Nullable List<String> denyOut) {
    List<String> denied = entries("denyOut", denyOut);
    List<String> allowed = entries("allowOut", allowOut);
    // what else is denied is a part of everything
    boolean closed = Boolean.FALSE.equals(internet) || denied.contains(EVERYTHING);
    if (!closed && !denied.isEmpty()) {
      throw new ApiException(
          Failure.unsupported(
              "denyOut",
              "denyOut may only be [\"0.0.0.0/0\"], everything: a sandbox reaches names that its"
                  + " policy lists, so list in allowOut those it is to keep."));
    }
    SandboxEgress names = names(allowed.stream().filter(entry -> !ALL.contains(entry)).toList());
    if (allowed.contains(EVERYTHING)) {
      return Optional.empty();
    }
    if (!closed && !names.destinations().isEmpty()) {
      throw new ApiException(
          Failure.unsupported(
              "allowOut",
              "allowOut alone denies nothing; add denyOut: [\"0.0.0.0/0\"], and only allowOut is"
                  + " left."));
    }
    return closed ? Optional.of(names) : Optional.empty();
  }

  private static List<String> entries(String param, @Nullable List<String> entries) {
    if (entries == null) {
      return List.of();
    }
    if (entries.stream().anyMatch(Objects::isNull)) {
      throw new ApiException(Failure.invalid(param, param + " is a list of texts."));
    }
    return entries;
  }

  private static SandboxEgress names(List<String> allowed) {
    try {
      return SandboxEgress.of(allowed);
    } catch (IllegalArgumentException e) {
      throw new ApiException(Failure.unsupported("allowOut", "allowOut: " + e.getMessage() + "."));
    }
  }

  private static boolean hasSome(@Nullable List<String> member) {
    return member != null && !member.isEmpty();
  }
}
