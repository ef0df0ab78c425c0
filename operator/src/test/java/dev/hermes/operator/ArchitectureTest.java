package dev.hermes.operator;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The rules of the house. */
class ArchitectureTest {
  private static final String ROOT = "dev.hermes.operator.";
  private static JavaClasses all;

  @BeforeAll
  static void read() {
    all =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.hermes.operator");
    assertThat(all).hasSizeGreaterThan(60);
  }

  @Test
  void slicesHaveNoCycles() {
    slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(all);
  }

  @Test
  void controlApiIsNotSeen() {
    noClasses().should().dependOnClassesThat().resideInAPackage("dev.hermes.api..").check(all);
  }

  @Test
  @DisplayName("kube knows no domain: none of our slices, no row, no sandbox")
  void kubeIsPlain() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "kube..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.hermes..")
                .and(
                    not(
                        resideInAnyPackage(
                            ROOT + "kube..", "dev.hermes.crds..", "dev.hermes.database.id.."))))
        .check(all);
  }

  @Test
  @DisplayName("TEN-3 SQL is spoken by provision alone; Main and Upkeep hand it the pool")
  void sqlStaysInItsPlace() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.hermes.operator", ROOT + "provision..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("java.sql..", "javax.sql..", "org.jdbi..", "com.zaxxer.hikari..")
                // kube tells a database failure from others by its exception
                .and(not(assignableTo(Throwable.class))))
        .check(all);
  }

  @Test
  @DisplayName("only kube may be used by every slice; who else uses whom is written down here")
  void whoUsesWhom() {
    Map.<String, List<String>>ofEntries(
            Map.entry("apikey", List.of("notice", "plan", "provision")),
            Map.entry("bootstrap", List.of("config")),
            Map.entry("canary", List.of("sandboxpolicy", "tenant")),
            Map.entry("config", List.of("plan")),
            Map.entry("dedicated", List.of("provision")),
            Map.entry("health", List.of()),
            Map.entry("notice", List.of()),
            Map.entry("plan", List.of()),
            Map.entry("pool", List.of("provision")),
            Map.entry("provision", List.of()),
            Map.entry("purge", List.of("dedicated", "provision")),
            Map.entry("sandboxpolicy", List.of()),
            Map.entry("tenant", List.of("dedicated", "plan", "pool", "provision", "sandboxpolicy")))
        .forEach((slice, used) -> {
          var allowed = new java.util.ArrayList<>(List.of(ROOT + slice + "..", ROOT + "kube.."));
          used.forEach(other -> allowed.add(ROOT + other + ".."));
          classes()
              .that()
              .resideInAPackage(ROOT + slice + "..")
              .should()
              .onlyDependOnClassesThat(
                  not(resideInAPackage("dev.hermes.operator.."))
                      .or(resideInAnyPackage(allowed.toArray(String[]::new))))
              .check(all);
        });
  }
}
