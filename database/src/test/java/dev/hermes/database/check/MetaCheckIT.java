package dev.hermes.database.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sound schema raises no alarm, to any role, and no exception stands in the list for nothing. */
class MetaCheckIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() {
    database = TestDatabase.create();
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"app", "provisioner", "authn", "probe", "migrator"})
  @DisplayName("TEN-2 the migrated schema has no violation, whoever looks")
  void sound(String role) throws Exception {
    try (Connection connection = database.connect(role)) {
      assertThat(MetaCheck.run(connection)).isEmpty();
    }
  }

  @TestFactory
  @DisplayName("TEN-2 every reviewed exception is needed")
  Stream<DynamicTest> reviewed() {
    Reviewed all = Reviewed.load();
    return all.entries().stream()
        .map(entry ->
            DynamicTest.dynamicTest(
                entry.kind() + " " + entry.object(),
                () -> {
                  List<Reviewed.Entry> others = new ArrayList<>(all.entries());
                  others.remove(entry);
                  try (Connection connection = database.connect("app")) {
                    assertThat(MetaCheck.run(connection, new Reviewed(others))).isNotEmpty();
                  }
                }));
  }
}
