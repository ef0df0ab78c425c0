package dev.hermes.database.rls;

import dev.hermes.database.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/**
 * What row-level security costs: the API's statements on walled tables against the same ones, with
 * the same explicit predicate, on copies without policies. Run by {@code bench/rls.sh}, never by
 * {@code make test}. Rounds are A B B A, so that drift of the machine falls on both sides alike.
 */
class RlsBench {
  private static final int TENANTS = 1_000;
  private static final int SESSIONS = 10;
  private static final int MESSAGES = 30;
  private static final int ROUNDS = Integer.getInteger("hermes.bench.rounds", 120);
  private static final int BLOCK = Integer.getInteger("hermes.bench.block", 50);
  private static final int RESAMPLES = 10_000;

  private static final String LOAD =
      """
      insert into hermes.sessions (tenant_id, user_id, session_id)
        select ('00000000-0000-0000-0000-' || lpad(to_hex(t), 12, '0'))::uuid, 'u', 's' || s
          from generate_series(0, %d) as t cross join generate_series(0, %d) as s;
      insert into hermes.messages (tenant_id, user_id, session_id, message_id, seq, role, content)
        select tenant_id, user_id, session_id, gen_random_uuid(), m, 'user',
               jsonb_build_object('role', 'user', 'content', repeat('words ', 30))
          from hermes.sessions cross join generate_series(1, %d) as m;
      create table hermes.sessions_plain (like hermes.sessions including all);
      create table hermes.messages_plain (
        like hermes.messages including all,
        foreign key (tenant_id, user_id, session_id) references hermes.sessions_plain on delete cascade
      ) partition by range (created_at);
      do $partitions$
      declare
        v_part record;
      begin
        for v_part in
          select c.relname, pg_get_expr(c.relpartbound, c.oid) as bounds from pg_inherits i
            join pg_class c on c.oid = i.inhrelid where i.inhparent = 'hermes.messages'::regclass
        loop
          execute format('create table hermes.%%I partition of hermes.messages_plain %%s',
            'plain_' || v_part.relname, v_part.bounds);
        end loop;
      end
      $partitions$;
      insert into hermes.sessions_plain select * from hermes.sessions;
      insert into hermes.messages_plain select * from hermes.messages;
      grant select, insert on hermes.sessions_plain, hermes.messages_plain to hermes_app;
      """;

  private static final String PAGE =
      """
      select content from hermes.messages%s
       where tenant_id = ? and user_id = ? and session_id = ? order by seq desc limit 20\
      """;
  private static final String INSERT =
      """
      insert into hermes.messages%s
        (tenant_id, user_id, session_id, message_id, seq, role, content)
      values (?, ?, ?, ?, ?, ?, ?::jsonb)\
      """;
  private static final String BIND = "select set_config('app.current_tenant', ?, true)";

  @Test
  @DisplayName("cost of row-level security")
  void cost() throws SQLException, IOException {
    try (TestDatabase database = TestDatabase.create();
        Connection app = database.connect("app")) {
      long start = System.nanoTime();
      load(database);
      System.out.printf(
          "%n%,d messages of %,d tenants, loaded in %.0f s; %d rounds ABBA of %d transactions a block%n",
          TENANTS * SESSIONS * MESSAGES, TENANTS, (System.nanoTime() - start) / 1e9, ROUNDS, BLOCK);
      System.out.printf(
          "%-46s %9s %9s %9s %12s   bar: median <= 5 %%, upper 95 %% <= 10 %%%n",
          "begin, bind, statement, commit", "RLS us", "plain us", "median", "upper 95 %");
      app.setAutoCommit(false);
      report("newest 20 messages of a session", app, PAGE);
      report("append a message", app, INSERT);
    }
  }

  private static void load(TestDatabase database) throws SQLException {
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      statement.execute(LOAD.formatted(TENANTS - 1, SESSIONS - 1, MESSAGES));
      statement.execute("vacuum analyze");
    }
  }

  private static void report(String name, Connection app, String sql)
      throws SQLException, IOException {
    try (PreparedStatement bind = app.prepareStatement(BIND);
        PreparedStatement walled = app.prepareStatement(sql.formatted(""));
        PreparedStatement plain = app.prepareStatement(sql.formatted("_plain"))) {
      for (int i = 0; i < 5; i++) {
        block(app, bind, walled, i);
        block(app, bind, plain, i);
      }
      Cost[] walledCosts = new Cost[ROUNDS];
      Cost[] plainCosts = new Cost[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        Cost first = block(app, bind, walled, 100 + round);
        Cost second = block(app, bind, plain, 100 + round);
        plainCosts[round] = second.plus(block(app, bind, plain, 1_000 + round));
        walledCosts[round] = first.plus(block(app, bind, walled, 1_000 + round));
      }
      line(name + ", elapsed", walledCosts, plainCosts, Cost::elapsed);
      line(name + ", server CPU", walledCosts, plainCosts, Cost::cpu);
    }
  }

  /** Nanoseconds of a block: by the clock, and of the server's process on a CPU. */
  private record Cost(long elapsed, long cpu) {
    Cost plus(Cost other) {
      return new Cost(elapsed + other.elapsed, cpu + other.cpu);
    }
  }

  private static void line(
      String name, Cost[] walled, Cost[] plain, ToLongFunction<Cost> nanoseconds) {
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      ratios[i] =
          (double) nanoseconds.applyAsLong(walled[i]) / nanoseconds.applyAsLong(plain[i]) - 1;
    }
    double median = median(ratios);
    double upper = upper(ratios);
    System.out.printf(
        "%-46s %9.1f %9.1f %8.1f%% %11.1f%%   %s%n",
        name,
        microseconds(walled, nanoseconds),
        microseconds(plain, nanoseconds),
        median * 100,
        upper * 100,
        median <= 0.05 && upper <= 0.10 ? "held" : "NOT HELD");
  }

  /** Of one transaction; the median round, for a busy machine's pauses are not the server's. */
  private static double microseconds(Cost[] costs, ToLongFunction<Cost> nanoseconds) {
    return median(Arrays.stream(costs).mapToDouble(nanoseconds::applyAsLong).toArray())
        / BLOCK
        / 2
        / 1e3;
  }

  /** The same tenants on both sides: the seed decides. */
  private static Cost block(
      Connection app, PreparedStatement bind, PreparedStatement statement, int seed)
      throws SQLException, IOException {
    Random random = new Random(seed);
    boolean insert = statement.getParameterMetaData().getParameterCount() > 3;
    Path schedstat =
        Path.of(
            "/proc", Integer.toString(app.unwrap(PGConnection.class).getBackendPID()), "schedstat");
    long cpu = onCpu(schedstat);
    long start = System.nanoTime();
    for (int i = 0; i < BLOCK; i++) {
      UUID tenant = new UUID(0, random.nextInt(TENANTS));
      bind.setString(1, tenant.toString());
      bind.execute();
      statement.setObject(1, tenant);
      statement.setString(2, "u");
      statement.setString(3, "s" + random.nextInt(SESSIONS));
      if (insert) {
        statement.setObject(4, UUID.randomUUID());
        statement.setInt(5, MESSAGES + i);
        statement.setString(6, "user");
        statement.setString(7, "{\"role\":\"user\",\"content\":\"x\"}");
      }
      statement.execute();
      app.commit();
    }
    return new Cost(System.nanoTime() - start, onCpu(schedstat) - cpu);
  }

  private static long onCpu(Path schedstat) throws IOException {
    String line = Files.readString(schedstat);
    return Long.parseLong(line.substring(0, line.indexOf(' ')));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** The one-sided 95 % bound of the median, by bootstrap. */
  private static double upper(double[] values) {
    Random random = new Random(42);
    double[] medians = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      double[] sample = new double[values.length];
      for (int j = 0; j < sample.length; j++) {
        sample[j] = values[random.nextInt(values.length)];
      }
      medians[i] = median(sample);
    }
    Arrays.sort(medians);
    return medians[(int) (RESAMPLES * 0.95)];
  }
}
