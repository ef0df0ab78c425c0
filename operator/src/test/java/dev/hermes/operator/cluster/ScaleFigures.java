package dev.hermes.operator.cluster;

import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the figures of {@link ScaleBench} from those who know them. */
final class ScaleFigures {
  private static final Pattern REQUESTS =
      Pattern.compile("(?m)^apiserver_request_total\\{([^}]*)} (\\S+)$");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final Pattern WRITING = Pattern.compile("APPLY|PATCH|POST|PUT|DELETE.*");
  private static final Pattern OURS =
      Pattern.compile(
          "tenants|sandboxpolicies|apikeys|namespaces|pods|events|resourcequotas|limitranges"
              + "|networkpolicies|serviceaccounts|rolebindings|secrets");
  private static final Pattern LOOKS =
      Pattern.compile("(?m)^hermes_reconcile_duration_seconds_count\\{kind=\"Tenant\"} (\\S+)");
  private static final Pattern READY =
      Pattern.compile("(?m)^hermes_tenant_ready_seconds_count (\\S+)");
  private static final Pattern LIVE = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB");
  private static final int PAGE = 500;

  private ScaleFigures() {}

  /** Requests so far that change an object of a kind that the operator writes, by whomever. */
  static long apiWrites(Cluster cluster) {
    Matcher found = REQUESTS.matcher(cluster.kubernetes().raw("/metrics"));
    long sum = 0;
    while (found.find()) {
      String verb = "";
      String resource = "";
      Matcher label = LABEL.matcher(found.group(1));
      while (label.find()) {
        switch (label.group(1)) {
          case "verb" -> verb = label.group(2);
          case "resource" -> resource = label.group(2);
          default -> {}
        }
      }
      if (WRITING.matcher(verb).matches() && OURS.matcher(resource).matches()) {
        sum += Math.round(Double.parseDouble(found.group(2)));
      }
    }
    return sum;
  }

  /** Rows written so far; exact only for sessions that have ended. */
  static long rowWrites(Cluster cluster) {
    return Long.parseLong(
        cluster.sql(
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables"));
  }

  static long looks(OperatorProcess operator) {
    return sum(LOOKS, operator.metrics());
  }

  /** How many Tenants became Ready, as the operator says. */
  static long ready(OperatorProcess operator) {
    return sum(READY, operator.metrics());
  }

  /** All Tenants, in pages. */
  static List<Tenant> tenants(Cluster cluster) {
    List<Tenant> all = new ArrayList<>();
    String next = null;
    do {
      var page =
          cluster
              .kubernetes()
              .resources(Tenant.class)
              .list(new ListOptionsBuilder().withLimit((long) PAGE).withContinue(next).build());
      all.addAll(page.getItems());
      next = page.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
    return all;
  }

  /** Bytes that live after a full collection. */
  static long liveHeap(OperatorProcess operator) {
    return sum(LIVE, jcmd(operator, "GC.class_histogram"));
  }

  static long resident(OperatorProcess operator) {
    try {
      return 1024 * sum(RESIDENT, Files.readString(Path.of("/proc/" + operator.pid() + "/status")));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static String jcmd(OperatorProcess operator, String command) {
    try {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(operator.pid()),
                  command)
              .redirectErrorStream(true)
              .start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long sum(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .mapToLong(found -> Math.round(Double.parseDouble(found.group(1))))
        .sum();
  }
}
