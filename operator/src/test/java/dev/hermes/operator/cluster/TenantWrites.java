package dev.hermes.operator.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.crds.tenant.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the operator sent for one Tenant until it was Ready, in its order: the writes that the API
 * server's audit log holds, and the transactions that went through a {@link SqlRecorder}.
 */
record TenantWrites(String name, String uid, String tenantId, List<Step> steps) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> ENDS = Set.of("COMMIT", "ROLLBACK");

  sealed interface Step {
    Instant time();
  }

  record ApiWrite(Instant time, String method, String path, String contentType, String body)
      implements Step {}

  /**
   * One transaction.
   *
   * @param trips what was sent together, without BEGIN, COMMIT and ROLLBACK
   * @param end COMMIT, ROLLBACK, or empty for a statement by itself
   */
  record Sql(Instant time, String user, List<List<SqlRecorder.Executed>> trips, String end)
      implements Step {}

  static TenantWrites of(Tenant ready, Path auditLog, List<SqlRecorder.Executed> sql)
      throws IOException {
    String name = ready.getMetadata().getName();
    String uid = ready.getMetadata().getUid();
    String id = Objects.requireNonNull(ready.getStatus().tenantId());
    List<Step> steps = new ArrayList<>();
    try (Stream<String> lines = Files.lines(auditLog)) {
      for (String line : (Iterable<String>) lines.filter(text -> text.contains(name))::iterator) {
        steps.add(api(JSON.readTree(line)));
      }
    }
    transactions(sql).stream()
        .filter(transaction -> mentions(transaction, Set.of(name, uid, id)))
        .map(TenantWrites::sql)
        .forEach(steps::add);
    steps.sort(Comparator.comparing(Step::time));
    return new TenantWrites(name, uid, id, steps);
  }

  /** The same for another Tenant. */
  UnaryOperator<String> translation(String otherName, String otherUid, UUID otherId) {
    return text ->
        text.replace(name, otherName).replace(uid, otherUid).replace(tenantId, otherId.toString());
  }

  List<ApiWrite> apiWrites() {
    return steps.stream().filter(ApiWrite.class::isInstance).map(ApiWrite.class::cast).toList();
  }

  List<Sql> transactions() {
    return steps.stream().filter(Sql.class::isInstance).map(Sql.class::cast).toList();
  }

  int statements() {
    return transactions().stream().flatMap(sql -> sql.trips().stream()).mapToInt(List::size).sum();
  }

  /** How often the operator waited for the database. */
  int roundTrips() {
    return transactions().stream()
        .mapToInt(sql -> sql.trips().size() + (sql.end().isEmpty() ? 0 : 1))
        .sum();
  }

  private static ApiWrite api(JsonNode entry) {
    String path = entry.path("requestURI").asText();
    JsonNode body = entry.path("requestObject");
    boolean create = "create".equals(entry.path("verb").asText());
    if (!create && !"patch".equals(entry.path("verb").asText())) {
      throw new IllegalStateException("a write that the replay does not know: " + entry);
    }
    // a lock on a version would not fit the other Tenant
    if (body.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("resourceVersion");
    }
    return new ApiWrite(
        Instant.parse(entry.path("requestReceivedTimestamp").asText()),
        create ? "POST" : "PATCH",
        path,
        create ? "application/json" : patchType(body),
        body.toString());
  }

  private static String patchType(JsonNode body) {
    if (body.isArray()) {
      return "application/json-patch+json";
    }
    return body.has("apiVersion") ? "application/apply-patch+yaml" : "application/merge-patch+json";
  }

  /** In each session one after the other; a statement outside of a transaction is one by itself. */
  private static List<List<SqlRecorder.Executed>> transactions(List<SqlRecorder.Executed> sql) {
    Map<Integer, List<SqlRecorder.Executed>> open = new LinkedHashMap<>();
    List<List<SqlRecorder.Executed>> all = new ArrayList<>();
    for (SqlRecorder.Executed next : sql) {
      if (next.sql().equals("BEGIN")) {
        open.put(next.session(), new ArrayList<>(List.of(next)));
      } else if (open.containsKey(next.session())) {
        open.get(next.session()).add(next);
        if (ENDS.contains(next.sql())) {
          all.add(open.remove(next.session()));
        }
      } else {
        all.add(List.of(next));
      }
    }
    return all;
  }

  private static boolean mentions(List<SqlRecorder.Executed> transaction, Set<String> any) {
    return transaction.stream()
        .flatMap(executed -> executed.parameters().stream())
        .anyMatch(parameter -> any.contains(String.valueOf(parameter)));
  }

  private static Sql sql(List<SqlRecorder.Executed> transaction) {
    Map<Integer, List<SqlRecorder.Executed>> trips = new LinkedHashMap<>();
    String end = "";
    for (SqlRecorder.Executed executed : transaction) {
      if (ENDS.contains(executed.sql())) {
        end = executed.sql();
      } else if (!executed.sql().equals("BEGIN")) {
        trips.computeIfAbsent(executed.trip(), any -> new ArrayList<>()).add(executed);
      }
    }
    SqlRecorder.Executed first = transaction.getFirst();
    return new Sql(first.time(), first.user(), List.copyOf(trips.values()), end);
  }

  static @Nullable Object translated(
      @Nullable Object parameter, UnaryOperator<String> translation) {
    return switch (parameter) {
      case String text -> translation.apply(text);
      case UUID uuid -> UUID.fromString(translation.apply(uuid.toString()));
      case null, default -> parameter;
    };
  }
}
