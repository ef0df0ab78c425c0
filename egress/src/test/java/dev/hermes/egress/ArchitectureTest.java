package dev.hermes.egress;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
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
            .importPackages("dev.hermes.egress");
    assertThat(all).hasSizeGreaterThan(40);
  }

  @Test
  void slicesHaveNoCycles() {
    slices().matching("dev.hermes.egress.(*)..").should().beFreeOfCycles().check(all);
  }

  @Test
  @DisplayName("of our modules, egress knows only crds")
  void crdsOnly() {
    classes()
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("dev.hermes.."))
                .or(resideInAnyPackage("dev.hermes.egress..", "dev.hermes.crds..")))
        .check(all);
  }

  @Test
  @DisplayName("what decides knows neither sockets nor the cluster")
  void decisionsArePure() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.hermes.egress.access..",
            "dev.hermes.egress.destination..",
            "dev.hermes.egress.http..",
            "dev.hermes.egress.tls..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "io.fabric8..", "java.net..")
        .check(all);
  }
}
