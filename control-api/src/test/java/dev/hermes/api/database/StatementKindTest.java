package dev.hermes.api.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatementKindTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "insert into sessions as s (a) values (1) on conflict do update set b = 1|sessions|insert",
        "select content from messages where a = 1 order by seq desc limit 5|messages|select",
        "select * from lease.reserve(1, 2)|reserve|select",
        "select * from jobs where a = 1 for update skip locked|jobs|select",
        "update hermes.sandbox_leases set state = 'closed' where a = 1|sandbox_leases|update",
        "delete from sessions where a = 1|sessions|delete",
        "insert into hermes.job_turns (a) select 1 from jobs|job_turns|insert",
        "select authn.look_up(1)|look_up|select",
        "begin|other|other"
      })
  @DisplayName("F-1 the store is the first table or function that a statement names")
  void kinds(String sql, String store, String operation) {
    assertThat(StatementKind.of(sql)).isEqualTo(new StatementKind(store, operation));
  }
}
