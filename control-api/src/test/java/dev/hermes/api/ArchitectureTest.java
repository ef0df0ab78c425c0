package dev.hermes.api;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The rules of the house. */
class ArchitectureTest {
  private static JavaClasses all;

  @BeforeAll
  static void read() {
    all =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.hermes.api");
    assertThat(all).hasSizeGreaterThan(80);
  }

  @Test
  @DisplayName("TEN-3 pools are seen by the database wiring alone")
  void pools() {
    check(
        noClasses()
            .that(not(resideInAPackage("dev.hermes.api.database..")))
            .should()
            .dependOnClassesThat()
            .haveNameMatching("javax\\.sql\\.DataSource|com\\.zaxxer\\.hikari\\..*")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.sql.DriverManager"));
  }

  @Test
  void slicesHaveNoCycles() {
    check(slices().matching("dev.hermes.api.(*)..").should().beFreeOfCycles());
  }

  @Test
  @DisplayName("OBS-6 no class of OpenTelemetry is loaded by what runs when nothing is traced")
  void openTelemetryStaysInItsPlace() {
    check(
        noClasses()
            .that(
                not(
                    com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching(
                        "dev\\.hermes\\.api\\.trace\\.(\\$?Otel|\\$?Outgoing|\\$?TraceBeans).*")))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry.."));
  }

  @Test
  void operatorIsNotSeen() {
    check(noClasses().should().dependOnClassesThat().resideInAPackage("dev.hermes.operator.."));
  }

  @Test
  void kubernetesClientStaysInItsPlace() {
    check(
        noClasses()
            .that(not(resideInAPackage("dev.hermes.api.sandbox..")))
            .and(not(resideInAPackage("dev.hermes.api.apikey..")))
            .and(
                not(
                    com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching(
                        "dev\\.hermes\\.api\\.database\\.\\$?KubernetesSecrets.*")))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8.."));
  }

  @Test
  void clientOfProvidersStaysInItsPlace() {
    check(
        noClasses()
            .that(not(resideInAPackage("dev.hermes.api.model")))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.hc.."));
  }

  @Test
  @DisplayName(
      "only problem and trace may be used by every slice; who uses whom is written down here")
  void whoUsesWhom() {
    Map<String, Set<String>> uses =
        Map.ofEntries(
            Map.entry("problem", Set.of()),
            Map.entry("trace", Set.of()),
            Map.entry("body", Set.of()),
            Map.entry("thread", Set.of()),
            Map.entry(
                "embedding", Set.of("body", "idempotency", "identity", "model", "tenant", "usage")),
            Map.entry("database", Set.of("metric", "tenant")),
            Map.entry("audit", Set.of()),
            Map.entry("receipt", Set.of("body", "identity")),
            Map.entry("idempotency", Set.of("body", "identity", "sweep")),
            Map.entry("sweep", Set.of("database")),
            Map.entry("notice", Set.of()),
            Map.entry("identity", Set.of("audit", "notice")),
            Map.entry("tenant", Set.of("identity")),
            Map.entry("limit", Set.of("identity", "metric", "tenant")),
            Map.entry("me", Set.of("identity", "tenant")),
            Map.entry("health", Set.of("database", "identity")),
            Map.entry("metric", Set.of("identity")),
            Map.entry("model", Set.of("body", "identity", "metric", "tenant")),
            Map.entry("sandbox", Set.of()),
            Map.entry(
                "held", Set.of("audit", "idempotency", "identity", "receipt", "sandbox", "tenant")),
            Map.entry("e2b", Set.of("held", "idempotency", "identity", "sandbox")),
            Map.entry(
                "dataplane",
                Set.of("audit", "body", "health", "held", "receipt", "sandbox", "tenant")),
            Map.entry(
                "job",
                Set.of(
                    "audit",
                    "body",
                    "database",
                    "held",
                    "idempotency",
                    "identity",
                    "receipt",
                    "sandbox",
                    "tenant")),
            Map.entry("memory", Set.of("audit", "body", "identity")),
            Map.entry(
                "mcp", Set.of("idempotency", "identity", "model", "session", "tenant", "tool")),
            Map.entry("skill", Set.of("audit", "body", "idempotency", "identity", "notice")),
            Map.entry("session", Set.of("audit", "body", "idempotency", "identity")),
            Map.entry("response", Set.of("audit", "body", "idempotency", "identity", "sweep")),
            Map.entry("usage", Set.of("audit", "identity", "metric")),
            Map.entry("egress", Set.of("audit", "tenant", "usage")),
            Map.entry("openapi", Set.of()),
            Map.entry(
                "tool",
                Set.of(
                    "audit",
                    "body",
                    "identity",
                    "memory",
                    "metric",
                    "model",
                    "receipt",
                    "sandbox",
                    "skill",
                    "toolserver")),
            Map.entry("toolserver", Set.of("body", "metric")),
            Map.entry(
                "chat",
                Set.of(
                    "body",
                    "idempotency",
                    "identity",
                    "memory",
                    "metric",
                    "model",
                    "model.cache",
                    "notice",
                    "response",
                    "session",
                    "skill",
                    "tenant",
                    "tool",
                    "usage")));
    uses.forEach((slice, used) ->
        check(
            classes()
                .that()
                .resideInAPackage("dev.hermes.api." + slice + "..")
                .should()
                .onlyDependOnClassesThat(
                    resideInAPackage("dev.hermes.api." + slice + "..")
                        .or(resideInAPackage("dev.hermes.api.problem.."))
                        .or(resideInAPackage("dev.hermes.api.trace.."))
                        .or(
                            new com.tngtech.archunit.base.DescribedPredicate<>("used") {
                              @Override
                              public boolean test(
                                  com.tngtech.archunit.core.domain.JavaClass other) {
                                String name = other.getPackageName();
                                return !name.startsWith("dev.hermes.api.")
                                    || used.stream()
                                        .anyMatch(it -> name.equals("dev.hermes.api." + it));
                              }
                            }))));
  }

  private static void check(ArchRule rule) {
    rule.check(all);
  }
}
