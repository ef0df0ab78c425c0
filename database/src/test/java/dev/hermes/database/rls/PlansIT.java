package dev.hermes.database.rls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.rls.Walls.Trial;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The hot queries' plans under row-level security, on one large tenant among a hundred small ones.
 * Plans and pages, not times: those are for the bench.
 */
class PlansIT {
  private static final UUID SMALL = new UUID(0, 1);
  private static final UUID WHALE = new UUID(0, 1_000);
  private static final Pattern PAGES = Pattern.compile("Buffers: shared hit=(\\d+)");

  private static final String ROWS =
      """
      create temporary table owners as
        select ('00000000-0000-0000-0000-' || lpad(to_hex(t), 12, '0'))::uuid as tenant_id, n
          from (select t, 500 as n from generate_series(1, 100) as t
                union all select 1000, 100000) as o (t, n);
      insert into hermes.sessions (tenant_id, session_id, user_id, updated_at)
        select tenant_id, 's' || i, 'u' || i % 100, now() - make_interval(secs => i)
          from owners cross join lateral generate_series(1, n) as i;
      insert into hermes.messages (tenant_id, user_id, session_id, message_id, seq, role, content)
        select tenant_id, 'u' || s % 100, 's' || s, gen_random_uuid(), m, 'user', '{}'
          from owners cross join lateral generate_series(1, n / 10) as s
         cross join generate_series(1, 5) as m;
      insert into hermes.usage_records (tenant_id, usage_id, user_id, key_id, request_id, model, provider,
          prompt_tokens, completion_tokens, tool_calls, cost_nanousd, completeness, status, created_at)
        select tenant_id, gen_random_uuid(), 'u' || i % 100, 'k', 'r' || i, 'm', 'p', 1, 1, 0, 1, 'final',
               'succeeded', date_trunc('month', now()) + make_interval(secs => i)
          from owners cross join lateral generate_series(1, n / 5) as i;
      insert into hermes.memories (tenant_id, user_id, key, content, updated_at)
        select tenant_id, case when i <= 50 then 'u7' else 'v' || i % 100 end, 'k' || i, 'note ' || i,
               now() - make_interval(secs => i)
          from owners cross join lateral generate_series(1, n) as i;
      drop table owners;
      analyze;
      """;

  private record Hot(String name, String sql, List<String> indexed) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Hot> QUERIES =
      List.of(
          new Hot(
              "page of sessions",
              """
              select session_id from hermes.sessions
               where user_id = 'u7' order by updated_at desc limit 20\
              """,
              List.of("tenant_id", "user_id")),
          new Hot(
              "newest messages of a session",
              """
              select content from hermes.messages
               where user_id = 'u7' and session_id = 's7' order by seq desc limit 50\
              """,
              List.of("tenant_id", "user_id", "session_id")),
          new Hot(
              "usage of a time range",
              """
              select sum(cost_nanousd) from hermes.usage_records
               where created_at >= date_trunc('month', now())
                 and created_at < date_trunc('month', now()) + interval '60 seconds'\
              """,
              List.of("tenant_id", "created_at")),
          new Hot(
              "newest memories of a user",
              """
              select key, content from hermes.memories
               where user_id = 'u7' order by updated_at desc, key desc limit 50\
              """,
              List.of("tenant_id", "user_id")),
          new Hot(
              "memories of a user with a word in them",
              """
              select key from hermes.memories
               where user_id = 'u7' and search @@ websearch_to_tsquery('simple', 'note')
               order by ts_rank(search, websearch_to_tsquery('simple', 'note')) desc limit 20\
              """,
              List.of("tenant_id", "user_id")),
          new Hot(
              "one session",
              "select title from hermes.sessions where user_id = 'u7' and session_id = 's7'",
              List.of("tenant_id", "user_id", "session_id")));

  private static TestDatabase database;

  @BeforeAll
  static void start() throws SQLException {
    database = TestDatabase.create();
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      statement.execute("set session_replication_role = replica");
      statement.execute(ROWS);
    }
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  private static Trial app(UUID tenant) throws SQLException {
    Connection connection = database.connect("app");
    connection.setAutoCommit(false);
    Trial trial = new Trial(connection);
    trial.outcome("set local app.current_tenant = '" + tenant + "'");
    return trial;
  }

  private static String plan(Trial trial, String sql) throws SQLException {
    return String.join("\n", trial.strings("explain (analyze, timing off, summary off) " + sql));
  }

  private static String explicit(String sql, UUID tenant) {
    return sql.replaceFirst("where ", "where tenant_id = '" + tenant + "' and ");
  }

  @TestFactory
  @DisplayName(
      "R35 R36 TEN-16 hot queries: context read once, index on every column meant, no scan")
  Stream<DynamicTest> hot() {
    return QUERIES.stream()
        .flatMap(query ->
            Stream.of(SMALL, WHALE)
                .flatMap(tenant ->
                    Stream.of(query.sql(), explicit(query.sql(), tenant))
                        .map(sql ->
                            DynamicTest.dynamicTest(
                                query
                                    + (tenant == WHALE ? " of the large tenant" : "")
                                    + (sql.equals(query.sql()) ? "" : ", tenant named"),
                                () -> guarded(query, sql, tenant)))));
  }

  private static void guarded(Hot query, String sql, UUID tenant) throws SQLException {
    try (Trial app = app(tenant)) {
      String plan = plan(app, sql);
      assertThat(plan).contains("InitPlan");
      // A partition without a page is "scanned" for nothing.
      assertThat(plan.lines().filter(line -> line.contains("Seq Scan on")))
          .allSatisfy(scan -> assertThat(scan).contains("(cost=0.00..0.00 "));
      assertThat(plan.lines().filter(line -> line.contains("Index Cond:")))
          .isNotEmpty()
          .allSatisfy(condition -> assertThat(condition).contains(query.indexed()));
    }
  }

  @Test
  @DisplayName("R35 control: policies written in the two usual wrong ways fail these guards")
  void wrongPolicies() throws SQLException {
    String perRow = "tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid";
    String textual = "tenant_id::text = (select current_setting('app.current_tenant', true))";
    Hot page = QUERIES.getFirst();
    assertThat(planUnder(perRow, page.sql())).doesNotContain("InitPlan");
    assertThat(planUnder(textual, "select count(*) from hermes.sessions")).contains("Seq Scan on");
  }

  private static String planUnder(String policy, String sql) throws SQLException {
    try (Connection superuser = database.superuser()) {
      superuser.setAutoCommit(false);
      Trial trial = new Trial(superuser);
      assertThat(
              trial.outcome("alter policy tenant_select on hermes.sessions using (" + policy + ")"))
          .isEqualTo("done");
      trial.outcome("set local role hermes_app");
      trial.outcome("set local app.current_tenant = '" + SMALL + "'");
      String plan = plan(trial, sql);
      superuser.rollback();
      return plan;
    }
  }

  @TestFactory
  @DisplayName(
      "R37 a page of the large tenant reads about as many buffers as one of a small tenant")
  Stream<DynamicTest> whale() {
    return QUERIES.stream()
        .map(query ->
            DynamicTest.dynamicTest(
                query.name(),
                () -> {
                  int small = pages(SMALL, query.sql());
                  int whale = pages(WHALE, query.sql());
                  System.out.printf(
                      "R37 %s: %d buffers for a tenant of 500, %d for one of 100,000%n",
                      query, small, whale);
                  assertThat(whale).isLessThanOrEqualTo(3 * small + 30);
                }));
  }

  private static int pages(UUID tenant, String sql) throws SQLException {
    try (Trial app = app(tenant)) {
      // The first run fills the caches of catalog and table.
      plan(app, sql);
      Matcher pages = PAGES.matcher(plan(app, sql));
      assertThat(pages.find()).isTrue();
      return Integer.parseInt(pages.group(1));
    }
  }
}
