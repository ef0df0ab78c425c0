package dev.hermes.database.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Migrations run as hermes_owner, whom FORCE row-level security binds: a change of tenants' rows
 * made so changes nothing and says nothing. Therefore a data migration is a DO block that takes the
 * migrator's own role and counts what it did.
 */
class DataMigrationTest {
  private static final Pattern QUOTED = Pattern.compile("(?s)\\$(\\w*)\\$.*?\\$\\1\\$");
  private static final Pattern BLOCK =
      Pattern.compile("(?is)^do\\s+(\\$(\\w*)\\$.*?\\$\\2\\$)", Pattern.MULTILINE);
  private static final Pattern CHANGE =
      Pattern.compile(
          "(?i)\\b(?:update|delete\\s+from|insert\\s+into)\\s+((?:hermes|authn)\\.\\w+)");
  private static final List<String> NEEDED =
      List.of("set local role hermes_migrator", "get diagnostics", "raise exception");

  @Test
  @DisplayName("R19 every data migration runs as the migrator and asserts its row counts")
  void migrations() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
      for (Path file : files.toList()) {
        assertThat(faults(Files.readString(file))).as(file.toString()).isEmpty();
      }
    }
  }

  @Test
  @DisplayName("R19 control: one that would silently change nothing is found")
  void control() {
    String change = "update hermes.sessions set title = '';";
    assertThat(faults(change)).isNotEmpty();
    assertThat(faults("do $$ begin " + change + " end $$;")).hasSize(3);
    assertThat(
            faults(
                """
                do $fix$
                declare v_rows int;
                begin
                  set local role hermes_migrator;
                  %s
                  get diagnostics v_rows = row_count;
                  if v_rows <> 1 then raise exception '% rows', v_rows; end if;
                end
                $fix$;
                """
                    .replace("%s", change)))
        .isEmpty();
    assertThat(faults("create function f() returns void as $$ " + change + " $$;")).isEmpty();
    assertThat(faults("insert into authn.revocations (epoch) values (1);")).isEmpty();
  }

  private static List<String> faults(String sql) {
    List<String> faults = new ArrayList<>();
    changes(QUOTED.matcher(sql).replaceAll(""))
        .forEach(table -> faults.add("outside a DO block: " + table));
    Matcher block = BLOCK.matcher(sql);
    while (block.find()) {
      String body = block.group(1);
      if (!changes(body).isEmpty()) {
        NEEDED.stream().filter(word -> !body.contains(word)).forEach(faults::add);
      }
    }
    return faults;
  }

  /** Tenant tables that a text changes. */
  private static List<String> changes(String sql) {
    List<String> exempt =
        Reviewed.load().entries().stream()
            .filter(entry -> entry.kind().equals("no-tenant"))
            .map(Reviewed.Entry::object)
            .toList();
    return CHANGE
        .matcher(sql)
        .results()
        .map(found -> found.group(1))
        .filter(table -> !exempt.contains(table))
        .toList();
  }
}
