package dev.hermes.sandbox;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What this module may know: the contract with Kubernetes, and nothing else of ours. */
class ModuleTest {
  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.hermes.sandbox");

  @Test
  @DisplayName("of our modules, sandbox knows only crds")
  void dependsOnCrdsOnly() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.hermes.sandbox..",
            "dev.hermes.crds..",
            "io.fabric8.kubernetes..",
            "com.fasterxml.jackson..",
            "org.jspecify..",
            "java..")
        .check(classes);
  }

  @Test
  @DisplayName("pod, claim and daemon are apart: claim uses pod, nothing else is used")
  void packages() {
    noClasses()
        .that()
        .resideInAPackage("..pod..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("..claim..", "..daemon..")
        .check(classes);
    noClasses()
        .that()
        .resideInAPackage("..daemon..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("..claim..", "..pod..")
        .check(classes);
    noClasses()
        .that()
        .resideInAPackage("..claim..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..daemon..")
        .check(classes);
  }
}
