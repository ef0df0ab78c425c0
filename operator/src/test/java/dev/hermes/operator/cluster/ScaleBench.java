package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.kube.Conditions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The operator with many Tenants, beside the same writes sent by a client without any logic. Run by
 * {@code bench/scale.sh}, never by {@code make test}: it measures and asserts only that the work
 * was done.
 */
class ScaleBench {
  private static final List<Integer> SIZES =
      Arrays.stream(System.getProperty("hermes.bench.tenants", "100,1000,10000").split(","))
          .map(Integer::valueOf)
          .toList();

  /** Controllers.THREADS, and the pools of Main. */
  private static final int THREADS = 6;

  private static final Map<String, Integer> POOLS = Map.of("provisioner", 4, "probe", 1);
  private static final int CREATORS = 4;
  private static final double MEBI = 1024 * 1024;
  private static final String[] JVM = jvmFlags();

  private static final String AUDIT =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
        - level: Request
          users: ["system:serviceaccount:hermes-system:hermes-operator"]
          verbs: [create, update, patch, delete]
        - level: None
      """;

  /** How long one side took, and what it cost. */
  private record Side(double seconds, Duration client, Duration plane) {}

  private record Held(double heap, double resident) {}

  private record Restart(double ready, double resynced, long apiWrites, long rowWrites) {}

  private record Row(
      int tenants, Side operator, Side replay, double apiWrites, Held held, Restart restart) {}

  @Test
  @DisplayName("K8S-10 the operator at scale")
  void scale() throws IOException {
    TenantWrites writes = record();
    List<Row> rows = new ArrayList<>();
    for (int tenants : SIZES) {
      rows.add(measure(tenants, writes));
      print(writes, rows);
    }
  }

  /** The API server's audit log and a proxy before the database see what one Tenant costs. */
  private static TenantWrites record() throws IOException {
    Path dir = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "audit");
    Path policy = Files.writeString(dir.resolve("policy.yaml"), AUDIT);
    Path audit = dir.resolve("audit.log");
    try (Cluster cluster =
        Cluster.fresh("--audit-policy-file=" + policy, "--audit-log-path=" + audit)) {
      String url = cluster.database().url();
      int port = Integer.parseInt(url.replaceAll(".*:(\\d+)/.*", "$1"));
      try (SqlRecorder recorder = new SqlRecorder(port);
          OperatorProcess operator =
              cluster
                  .operator(Map.of("HERMES_DB_URL", url.replace(":" + port, ":" + recorder.port())))
                  .awaitReady()) {
        // not the first one: what the process does once is not what a Tenant costs
        Tenant tenant = new Tenant();
        for (int i = 0; i < 8; i++) {
          tenant = cluster.kubernetes().resource(Cluster.tenant(name(i))).create();
          cluster.awaitReady(tenant);
        }
        return TenantWrites.of(cluster.tenant(tenant), audit, recorder.executed());
      }
    }
  }

  private static Row measure(int tenants, TenantWrites writes) {
    Side replay = replay(tenants, writes);
    try (Cluster cluster = Cluster.fresh()) {
      Side side;
      Held held;
      double apiWrites;
      try (OperatorProcess operator = cluster.operator(Map.of(), JVM).awaitReady()) {
        long before = ScaleFigures.apiWrites(cluster);
        side = operator(tenants, cluster, operator);
        apiWrites = (ScaleFigures.apiWrites(cluster) - before - tenants) / (double) tenants;
        held =
            new Held(
                ScaleFigures.liveHeap(operator) / MEBI, ScaleFigures.resident(operator) / MEBI);
      }
      return new Row(tenants, side, replay, apiWrites, held, restart(tenants, cluster));
    }
  }

  private static Side operator(int tenants, Cluster cluster, OperatorProcess operator) {
    Duration client = operator.cpuTime();
    Duration plane = cluster.plane().cpuTime();
    long start = System.nanoTime();
    create(tenants, cluster, tenant -> {});
    await("operator: Ready", tenants, () -> ScaleFigures.ready(operator));
    Side side =
        new Side(
            seconds(start),
            operator.cpuTime().minus(client),
            cluster.plane().cpuTime().minus(plane));
    await(
        "operator: Ready by their status",
        tenants,
        () -> ScaleFigures.tenants(cluster).stream().filter(ScaleBench::isReady).count());
    return side;
  }

  private static Side replay(int tenants, TenantWrites writes) {
    try (Cluster cluster = Cluster.fresh();
        Replay replay = new Replay(writes, cluster, POOLS);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      Duration client = ownCpu();
      Duration plane = cluster.plane().cpuTime();
      List<Future<?>> running = new ArrayList<>();
      long start = System.nanoTime();
      create(
          tenants,
          cluster,
          tenant -> {
            synchronized (running) {
              running.add(threads.submit(() -> replay.run(tenant)));
            }
          });
      await("replay", tenants, () -> running.stream().filter(ScaleBench::isDone).count());
      return new Side(
          seconds(start), ownCpu().minus(client), cluster.plane().cpuTime().minus(plane));
    }
  }

  /** A new process finds everything as it should be, and looks at it all once more after that. */
  private static Restart restart(int tenants, Cluster cluster) {
    long apiWrites = ScaleFigures.apiWrites(cluster);
    long versions = versions(cluster);
    long rowWrites = ScaleFigures.rowWrites(cluster);
    long start = System.nanoTime();
    double ready;
    double resynced;
    int resync = Math.max(5, tenants / 100);
    try (OperatorProcess operator =
        cluster
            .operator(Map.of("HERMES_RESYNC_SECONDS", Integer.toString(resync)), JVM)
            .awaitReady(Duration.ofMinutes(5))) {
      ready = seconds(start);
      await("restart: looks", 2 * tenants, () -> ScaleFigures.looks(operator));
      resynced = seconds(start);
    }
    assertThat(ScaleFigures.tenants(cluster)).hasSize(tenants).allMatch(ScaleBench::isReady);
    long written = ScaleFigures.apiWrites(cluster) - apiWrites;
    assertThat(versions(cluster) == versions)
        .as("the API server's count of writes and its objects agree")
        .isEqualTo(written == 0);
    return new Restart(ready, resynced, written, ScaleFigures.rowWrites(cluster) - rowWrites);
  }

  /** Changes when any Tenant does. */
  private static long versions(Cluster cluster) {
    return ScaleFigures.tenants(cluster).stream()
        .mapToLong(tenant -> Long.parseLong(tenant.getMetadata().getResourceVersion()))
        .sum();
  }

  /** One apply: as fast as the API server takes them from a few connections. */
  private static void create(int tenants, Cluster cluster, Consumer<Tenant> created) {
    try (ExecutorService creators = Executors.newFixedThreadPool(CREATORS)) {
      for (int i = 0; i < tenants; i++) {
        Tenant tenant = Cluster.tenant(name(i));
        creators.submit(() -> created.accept(cluster.kubernetes().resource(tenant).create()));
      }
    }
  }

  /** All of one length, so that a name is never a part of another. */
  private static String name(int i) {
    return String.format(Locale.ROOT, "scale-%05d", i);
  }

  private static void await(String what, int count, LongSupplier done) {
    long start = System.nanoTime();
    long next = 10;
    while (true) {
      long now = done.getAsLong();
      if (now >= count) {
        return;
      }
      if (seconds(start) >= next) {
        say("  %s: %,d of %,d after %.0f s", what, now, count, seconds(start));
        next += 10;
      }
      if (seconds(start) > 1_800) {
        throw new IllegalStateException(what + ": " + now + " of " + count + " after half an hour");
      }
      try {
        Thread.sleep(Math.clamp(count / 5, 50, 2_000));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static boolean isDone(Future<?> future) {
    if (!future.isDone()) {
      return false;
    }
    try {
      future.get();
      return true;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isReady(Tenant tenant) {
    return tenant.getStatus() != null
        && Conditions.isTrue(tenant.getStatus().conditions(), ConditionType.Ready);
  }

  private static Duration ownCpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** As the image has them, but for the heap, which is the bar's. */
  private static String[] jvmFlags() {
    List<String> flags = new ArrayList<>(List.of("-Xmx512m", "-XX:+UseCompactObjectHeaders"));
    String more = System.getProperty("hermes.bench.jvm", "");
    if (!more.isEmpty()) {
      flags.addAll(List.of(more.split(" ")));
    }
    return flags.toArray(String[]::new);
  }

  private static void print(TenantWrites writes, List<Row> rows) {
    say("");
    say(
        "a Tenant, recorded: %d API writes; %d SQL statements in %d transactions, %d round trips",
        writes.apiWrites().size(),
        writes.statements(),
        writes.transactions().size(),
        writes.roundTrips());
    writes.steps().forEach(step -> say("  %s", describe(step)));
    say(
        "%-52s %s",
        "Tenants without sandboxes", columns(rows, row -> "%,d".formatted(row.tenants())));
    line("from one apply to all Ready, s", rows, row -> row.operator().seconds());
    line("the same writes replayed, s", rows, row -> row.replay().seconds());
    bar(
        "ratio; bar at 1,000: <= 1.5",
        rows,
        row -> row.operator().seconds() / row.replay().seconds(),
        row -> row.tenants() != 1_000,
        1.5);
    line("API writes a Tenant", rows, Row::apiWrites);
    line("CPU of the operator, ms a Tenant", rows, row -> each(row, row.operator().client()));
    line("CPU of the replaying client, ms a Tenant", rows, row -> each(row, row.replay().client()));
    line("CPU of etcd and API server, ms a Tenant", rows, row -> each(row, row.operator().plane()));
    line("the same, replay", rows, row -> each(row, row.replay().plane()));
    bar(
        "live heap, MiB; bar at 10,000: <= 512",
        rows,
        row -> row.held().heap(),
        row -> row.tenants() != 10_000,
        512);
    line("resident, MiB (-Xmx512m)", rows, row -> row.held().resident());
    bar(
        "restart to ready, s; bar at 10,000: <= 90",
        rows,
        row -> row.restart().ready(),
        row -> row.tenants() != 10_000,
        90);
    line("restart and one resync, s", rows, row -> row.restart().resynced());
    bar("  API writes in it; bar: 0", rows, row -> row.restart().apiWrites(), row -> false, 0);
    bar("  rows written in it; bar: 0", rows, row -> row.restart().rowWrites(), row -> false, 0);
    say(
        "load of the machine now: %.1f on %d cores",
        ScaleFigures.load(), Runtime.getRuntime().availableProcessors());
  }

  private static String describe(TenantWrites.Step step) {
    return switch (step) {
      case TenantWrites.ApiWrite write ->
          write.method() + " " + write.path().replaceAll("\\?.*", "");
      case TenantWrites.Sql sql ->
          sql.user()
              + ": "
              + sql.trips().stream()
                  .flatMap(List::stream)
                  .map(executed -> executed.sql().strip().replaceAll("\\s+", " "))
                  .map(text -> text.length() > 60 ? text.substring(0, 60) + "…" : text)
                  .toList()
              + " "
              + sql.end();
    };
  }

  private static double each(Row row, Duration cpu) {
    return cpu.toNanos() / 1e6 / row.tenants();
  }

  private interface Figure {
    double of(Row row);
  }

  private interface Text {
    String of(Row row);
  }

  private interface Exempt {
    boolean is(Row row);
  }

  private static void line(String what, List<Row> rows, Figure figure) {
    say("%-52s %s", what, columns(rows, row -> "%,.2f".formatted(figure.of(row))));
  }

  private static void bar(String what, List<Row> rows, Figure figure, Exempt exempt, double most) {
    say(
        "%-52s %s",
        what,
        columns(
            rows,
            row ->
                "%,.2f%s"
                    .formatted(
                        figure.of(row),
                        exempt.is(row) ? "" : figure.of(row) <= most ? " ok" : " OVERDUE")));
  }

  private static String columns(List<Row> rows, Text text) {
    StringBuilder columns = new StringBuilder();
    rows.forEach(row -> columns.append("%18s".formatted(text.of(row))));
    return columns.toString();
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
