package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class KeyNamespacesTest {
  private final KeyNamespaces namespaces = new KeyNamespaces();
  private final List<String> takenBack = new ArrayList<>();
  private final List<String> asked = new ArrayList<>();

  private static Tenant tenant(String name, String... listed) {
    TenantSpec spec = TenantSpec.defaults();
    return Fixtures.tenant(
        name,
        new TenantSpec(
            name,
            null,
            false,
            spec.database(),
            new TenantSpec.ApiKeys(
                Stream.of(listed)
                    .map(namespace ->
                        new TenantSpec.KeyNamespace(
                            namespace, List.of(Role.USER), List.of(Scope.READ)))
                    .toList(),
                50),
            spec.models(),
            spec.tools(),
            spec.sandbox(),
            spec.limits(),
            spec.deletion(),
            spec.legalHold(),
            spec.adopt(),
            spec.mcpServers()),
        null);
  }

  private void settle(Tenant... present) {
    namespaces.settle(
        () -> Stream.of("first"),
        namespace -> {
          asked.add(namespace);
          return Stream.of(present)
              .anyMatch(tenant ->
                  tenant.getSpec().apiKeys().namespaces().stream()
                      .anyMatch(listed -> listed.name().equals(namespace)));
        },
        takenBack::add);
  }

  @Test
  @DisplayName("what nobody lists since before this process is taken back, by the first look")
  void first() {
    settle(tenant("a", "x"));
    assertThat(takenBack).containsExactly("first");
  }

  @Test
  @DisplayName("K8S-10 a new tenant, or one that stays as it is, asks nothing")
  void quiet() {
    settle(tenant("a", "first"));
    asked.clear();
    namespaces.listed(tenant("a", "x"));
    namespaces.listed(tenant("a", "x"));
    settle(tenant("a", "x"));
    assertThat(asked).isEmpty();
  }

  @Test
  @DisplayName("a namespace that a tenant lists no more is taken back, unless another lists it")
  void shrunk() {
    Tenant other = tenant("b", "first", "y");
    settle(other);
    namespaces.listed(tenant("a", "x", "y"));
    namespaces.listed(tenant("a"));
    settle(tenant("a"), other);
    assertThat(takenBack).containsExactly("x");
  }

  @Test
  @DisplayName("what a tenant that leaves has listed is taken back, unless another lists it")
  void leaves() {
    Tenant other = tenant("b", "first", "y");
    settle(other);
    namespaces.listed(tenant("a", "x", "y"));
    namespaces.leaves(tenant("a", "x", "y"));
    settle(other);
    assertThat(takenBack).containsExactly("x");
  }

  @Test
  @DisplayName("a binding that somebody else made is looked at")
  void doubted() {
    settle(tenant("a", "first"));
    namespaces.doubt("z");
    settle();
    assertThat(takenBack).containsExactly("z");
  }

  @Test
  @DisplayName("what could not be taken back is tried again")
  void failed() {
    settle(tenant("a", "first"));
    namespaces.doubt("z");
    assertThatThrownBy(() ->
            namespaces.settle(
                Stream::of,
                namespace -> false,
                namespace -> {
                  throw new IllegalStateException("the API server is away");
                }))
        .isInstanceOf(IllegalStateException.class);
    settle();
    assertThat(takenBack).containsExactly("z");
  }
}
