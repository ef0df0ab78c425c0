package dev.hermes.api.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import io.micronaut.http.HttpMethod;
import io.micronaut.web.router.Router;
import io.micronaut.web.router.UriRouteInfo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every route against every role and scope, made from the route table itself. */
class AuthMatrixIT {
  private static final TestApi API = TestApi.shared();
  private static final TestTenant TENANT = API.tenant();
  private static final Map<Set<Object>, RawKey> KEYS = new LinkedHashMap<>();

  @TestFactory
  @DisplayName("IAM-8 IAM-11 IAM-16")
  List<DynamicTest> matrix() {
    List<DynamicTest> tests = new ArrayList<>();
    API.context()
        .getBean(Router.class)
        .uriRoutes()
        .filter(route -> route.getHttpMethod() != HttpMethod.HEAD)
        .forEach(route -> tests.addAll(tests(route)));
    assertThat(tests).hasSizeGreaterThan(100);
    return tests;
  }

  private static List<DynamicTest> tests(UriRouteInfo<?, ?> route) {
    String template = route.getUriMatchTemplate().toString();
    String name = route.getHttpMethodName() + " " + template;
    if (PublicRoutes.contains(template)) {
      return List.of(
          DynamicTest.dynamicTest(
              name + " is public",
              () -> assertThat(call(route, template, null).status()).isEqualTo(200)));
    }
    RoutePermission permission = RoutePermission.of(route.getAnnotationMetadata()).orElseThrow();
    List<DynamicTest> tests = new ArrayList<>();
    tests.add(
        DynamicTest.dynamicTest(
            name + " without key",
            () -> assertThat(call(route, template, null).status()).isEqualTo(401)));
    for (Role role : Role.values()) {
      for (Set<Scope> scopes : scopeSets()) {
        boolean allowed =
            (permission.scopes().isEmpty() || !Collections.disjoint(permission.scopes(), scopes))
                && (permission.roles().isEmpty() || permission.roles().contains(role));
        tests.add(
            DynamicTest.dynamicTest(
                name + " as " + role + " with " + scopes + (allowed ? " may" : " may not"),
                () -> check(call(route, template, key(role, scopes)), allowed)));
      }
    }
    return tests;
  }

  private static void check(Answer answer, boolean allowed) {
    if (allowed && answer.status() == 403) {
      // finer rules inside a route: audit alone shows no auditor's data to a user
      assertThat(answer.errorCode()).isEqualTo("insufficient_scope");
      assertThat(answer.text())
          .containsAnyOf("Own receipts need", "Own sessions need", "Own memories need");
      return;
    }
    if (allowed) {
      assertThat(answer.status()).as(answer.text()).isNotIn(401, 403, 500);
    } else {
      assertThat(answer.status()).as(answer.text()).isEqualTo(403);
    }
  }

  private static List<Set<Scope>> scopeSets() {
    List<Set<Scope>> sets = new ArrayList<>();
    sets.add(Set.of());
    for (Scope scope : Scope.values()) {
      sets.add(Set.of(scope));
    }
    sets.add(EnumSet.allOf(Scope.class));
    return sets;
  }

  private static synchronized RawKey key(Role role, Set<Scope> scopes) {
    return KEYS.computeIfAbsent(
        Set.of(role, scopes),
        any -> API.operator().key(TENANT, List.of(role), List.copyOf(scopes)));
  }

  private static Answer call(UriRouteInfo<?, ?> route, String template, RawKey key) {
    String path = template.replaceAll("\\{[^}]*}", "demo").replaceAll("\\?.*", "");
    boolean post = route.getHttpMethod() == HttpMethod.POST;
    return API.send(
        route.getHttpMethodName(),
        path,
        key,
        post ? TestApi.ask("demo", "hello") : null,
        request -> {});
  }
}
