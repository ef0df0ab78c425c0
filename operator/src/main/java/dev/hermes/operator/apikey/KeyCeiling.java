package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.tenant.TenantSpec;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The most that a Tenant lets a namespace ask for; pure. */
final class KeyCeiling {
  private KeyCeiling() {}

  static Optional<Refusal> refusal(TenantSpec tenant, String namespace, ApiKeySpec key) {
    Optional<TenantSpec.KeyNamespace> allowed =
        tenant.apiKeys().namespaces().stream()
            .filter(entry -> entry.name().equals(namespace))
            .findFirst();
    if (allowed.isEmpty()) {
      return Optional.of(
          new Refusal(
              Reason.NamespaceNotAllowed,
              "the Tenant does not list namespace " + namespace + " in spec.apiKeys.namespaces"));
    }
    return above(Reason.RoleNotAllowed, "roles", key.roles(), allowed.get().roles())
        .or(() -> above(Reason.ScopeNotAllowed, "scopes", key.scopes(), allowed.get().scopes()));
  }

  private static <T extends Enum<T>> Optional<Refusal> above(
      Reason reason, String what, List<T> asked, List<T> allowed) {
    List<String> above =
        asked.stream().filter(a -> !allowed.contains(a)).map(KeyCeiling::wire).toList();
    return above.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                reason,
                "the Tenant does not give this namespace the "
                    + what
                    + " "
                    + String.join(", ", above)
                    + "; it gives "
                    + String.join(", ", allowed.stream().map(KeyCeiling::wire).toList())));
  }

  private static String wire(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
