package dev.hermes.database;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.hermes");

  @Test
  @DisplayName("the module stands alone: no other part of Hermes is used here")
  void alone() {
    noClasses()
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "belong to another module of Hermes",
                (JavaClass type) ->
                    type.getPackageName().startsWith("dev.hermes")
                        && !type.getPackageName().startsWith("dev.hermes.database")))
        .check(CLASSES);
  }

  @Test
  @DisplayName("its packages form no cycle")
  void cycles() {
    slices().matching("dev.hermes.database.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  @DisplayName("keys and ids need no database; the pool is used by access alone")
  void layers() {
    noClasses()
        .that()
        .resideInAnyPackage("..key..", "..id..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "org.postgresql..", "org.jdbi..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("..access..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("com.zaxxer..", "org.jdbi..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("..migrate..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.flywaydb..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackages("..migrate..", "..backup..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.postgresql..")
        .check(CLASSES);
  }
}
