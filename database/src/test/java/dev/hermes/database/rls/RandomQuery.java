package dev.hermes.database.rls;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Random statements over the tenant tables. A table is written as a placeholder that {@link
 * #asTenant()} leaves to row-level security and {@link #asSuperuser} wraps in a predicate; both
 * texts must then have the same result. Results are deterministic but for the order of rows.
 */
final class RandomQuery {
  private static final Set<String> SUMMABLE = Set.of("integer", "bigint");
  private static final Set<String> ORDERED =
      Set.of("integer", "bigint", "text", "timestamp with time zone");

  /** A column that a relation shows. */
  private record Shown(String name, String type) {}

  private record Relation(String sql, List<Shown> columns) {
    List<Shown> of(String type) {
      return columns.stream().filter(column -> column.type().equals(type)).toList();
    }
  }

  private record Pair(Shown left, Shown right) {}

  private final Random random;
  private final List<TenantTable> tables;
  private final Set<String> features = new HashSet<>();
  private int names;
  private final String text;

  RandomQuery(Random random, List<TenantTable> tables) {
    this.random = random;
    this.tables = tables;
    this.text = statement();
  }

  String asTenant() {
    return text.replaceAll("\\{([a-z_.]+)}", "$1").replaceAll("\\[[a-z0-9]+]", "true");
  }

  String asSuperuser(UUID tenant) {
    return text.replaceAll(
            "\\{([a-z_.]+)}", "(select * from $1 where tenant_id = '" + tenant + "')")
        .replaceAll("\\[([a-z0-9]+)]", "$1.tenant_id = '" + tenant + "'");
  }

  /** The kinds of SQL in it, so that a run can show that it tried them all. */
  Set<String> features() {
    return features;
  }

  private String statement() {
    return switch (random.nextInt(10)) {
      case 0 -> update();
      case 1 -> delete();
      case 2 -> insert();
      default -> relation(3).sql();
    };
  }

  private String update() {
    use("update");
    TenantTable table = pick(tables);
    Column set = pick(plain(table));
    String alias = name();
    String from = random.nextBoolean() ? "" : from(alias, table);
    return "update %s as %s set %s = %s.%s%s where [%s] and %s returning %s.%s"
        .formatted(
            table,
            alias,
            set.name(),
            alias,
            pick(sameType(table, set)).name(),
            from,
            alias,
            predicate(alias, shown(table), 1),
            alias,
            set.name());
  }

  /** A further table to join with; which of several partners wins must not show. */
  private String from(String alias, TenantTable table) {
    use("update from");
    return " from (select distinct tenant_id as joined from {%s}) j_%s"
        .formatted(pick(tables), alias);
  }

  private String delete() {
    use("delete");
    TenantTable table = pick(tables);
    String alias = name();
    String predicate = predicate(alias, shown(table), 2);
    if (random.nextBoolean()) {
      use("delete in a CTE");
      return "with gone as (delete from %s as %s where [%s] and %s returning %s.*) select count(*), min(tenant_id::text) from gone"
          .formatted(table, alias, alias, predicate, alias);
    }
    return "delete from %s as %s where [%s] and %s returning %s.tenant_id"
        .formatted(table, alias, alias, predicate, alias);
  }

  private String insert() {
    use("insert select");
    TenantTable table = pick(tables);
    String alias = name();
    String values =
        table.columns().stream()
            .map(column -> alias + "." + column.name())
            .map(column -> another(column, table))
            .collect(Collectors.joining(", "));
    return "insert into %s (%s) select %s from {%s} as %s where %s on conflict do nothing returning tenant_id"
        .formatted(
            table,
            table.columns().stream().map(Column::name).collect(Collectors.joining(", ")),
            values,
            table,
            alias,
            predicate(alias, shown(table), 1));
  }

  /** The key of a copy: of the same form as that of the original. */
  private static String another(String column, TenantTable table) {
    String name = column.substring(column.indexOf('.') + 1);
    if (!table.key().contains(name) || name.equals("tenant_id")) {
      return column;
    }
    return switch (typeOf(table, name)) {
      case "uuid" -> "md5(" + column + "::text)::uuid";
      case "text" -> "reverse(" + column + ")";
      default -> column;
    };
  }

  private static String typeOf(TenantTable table, String name) {
    return table.columns().stream()
        .filter(column -> column.name().equals(name))
        .map(Column::type)
        .findFirst()
        .orElseThrow();
  }

  private Relation relation(int depth) {
    if (depth == 0) {
      return base();
    }
    return switch (random.nextInt(9)) {
      case 0, 1 -> join(depth);
      case 2 -> lateral(depth);
      case 3 -> common(depth);
      case 4 -> recursive();
      case 5 -> combined(depth);
      case 6 -> aggregate(depth);
      case 7 -> window(depth);
      default -> base();
    };
  }

  private Relation base() {
    use("select");
    TenantTable table = pick(tables);
    String alias = name();
    return select(
        alias, shown(table), "{" + table + "} as " + alias, predicate(alias, shown(table), 2));
  }

  private Relation join(int depth) {
    Relation left = relation(depth - 1);
    Relation right = relation(depth - 1);
    List<Pair> pairs = pairs(left, right);
    if (pairs.isEmpty()) {
      return left;
    }
    String kind = pick(List.of("join", "left join", "right join", "full join"));
    use(kind);
    Pair on = pick(pairs);
    String a = name();
    String b = name();
    String from =
        "(%s) as %s %s (%s) as %s on %s.%s = %s.%s"
            .formatted(
                left.sql(), a, kind, right.sql(), b, a, on.left().name(), b, on.right().name());
    List<Shown> both = new ArrayList<>(qualified(a, left));
    both.addAll(qualified(b, right));
    return project(both, from, "true");
  }

  private Relation lateral(int depth) {
    Relation left = relation(depth - 1);
    TenantTable table = pick(tables);
    String a = name();
    String b = name();
    List<Pair> pairs = pairs(left, new Relation("", shown(table)));
    if (pairs.isEmpty()) {
      return left;
    }
    use("lateral");
    Pair on = pick(pairs);
    String from =
        "(%s) as %s cross join lateral (select count(*) as n, min(%s::text) as m from {%s} as %s where %s.%s = %s.%s) as l_%s"
            .formatted(
                left.sql(),
                a,
                b + "." + pick(shown(table)).name(),
                table,
                b,
                b,
                on.right().name(),
                a,
                on.left().name(),
                a);
    List<Shown> both = new ArrayList<>(qualified(a, left));
    both.add(new Shown("l_" + a + ".n", "bigint"));
    both.add(new Shown("l_" + a + ".m", "text"));
    return project(both, from, "true");
  }

  private Relation common(int depth) {
    Relation inner = relation(depth - 1);
    String cte = name();
    String a = name();
    String b = name();
    Shown on = pick(inner.columns());
    String hint = pick(List.of("", "materialized ", "not materialized "));
    use("with " + hint);
    List<Shown> both = new ArrayList<>(qualified(a, inner));
    both.addAll(qualified(b, inner));
    Relation body =
        project(
            both,
            "%s as %s join %s as %s on %s.%s = %s.%s"
                .formatted(cte, a, cte, b, a, on.name(), b, on.name()),
            "true");
    return new Relation(
        "with %s as %s(%s) %s".formatted(cte, hint, inner.sql(), body.sql()), body.columns());
  }

  private Relation recursive() {
    use("with recursive");
    TenantTable start = pick(tables);
    TenantTable step = pick(tables);
    List<Column> from = ofType(start, "text");
    List<Column> to = ofType(step, "text");
    if (from.isEmpty() || to.isEmpty()) {
      return base();
    }
    String r = name();
    String t = name();
    String sql =
        "with recursive %s (n, v) as (select 1, %s from {%s} union select %s.n + 1, %s.%s from %s join {%s} as %s on %s.%s >= %s.v where %s.n < 3) select n as %s_n, v as %s_v from %s"
            .formatted(
                r,
                pick(from).name(),
                start,
                r,
                t,
                pick(to).name(),
                r,
                step,
                t,
                t,
                pick(to).name(),
                r,
                r,
                r,
                r,
                r);
    return new Relation(sql, List.of(new Shown(r + "_n", "integer"), new Shown(r + "_v", "text")));
  }

  private Relation combined(int depth) {
    Relation left = relation(depth - 1);
    Relation right = relation(depth - 1);
    List<Pair> pairs = pairs(left, right);
    if (pairs.isEmpty()) {
      return left;
    }
    String kind = pick(List.of("union", "union all", "except", "except all", "intersect"));
    use(kind);
    Pair both = pick(pairs);
    String a = name();
    String b = name();
    String shown = name();
    return new Relation(
        "select %s.%s as %s from (%s) as %s %s select %s.%s from (%s) as %s"
            .formatted(
                a,
                both.left().name(),
                shown,
                left.sql(),
                a,
                kind,
                b,
                both.right().name(),
                right.sql(),
                b),
        List.of(new Shown(shown, both.left().type())));
  }

  private Relation aggregate(int depth) {
    Relation inner = relation(depth - 1);
    String a = name();
    Shown by = pick(inner.columns());
    Shown counted = pick(inner.columns());
    String grouping = pick(List.of("%s", "rollup (%s)", "grouping sets ((%s), ())"));
    use("group by " + grouping.replace("%s", "").strip());
    List<Shown> columns = new ArrayList<>();
    List<String> items = new ArrayList<>();
    add(items, columns, a + "." + by.name(), by.type());
    add(items, columns, "count(*)", "bigint");
    add(items, columns, "count(distinct " + a + "." + counted.name() + ")", "bigint");
    for (Shown column : inner.columns()) {
      if (ORDERED.contains(column.type())) {
        add(items, columns, "max(" + a + "." + column.name() + ")", column.type());
        break;
      }
    }
    add(
        items,
        columns,
        "string_agg(distinct %s.%s::text, ',')".formatted(a, counted.name()),
        "text");
    return new Relation(
        "select %s from (%s) as %s group by %s having count(*) > %d"
            .formatted(
                String.join(", ", items),
                inner.sql(),
                a,
                grouping.formatted(a + "." + by.name()),
                random.nextInt(2)),
        columns);
  }

  private Relation window(int depth) {
    Relation inner = relation(depth - 1);
    String a = name();
    Shown partition = pick(inner.columns());
    Shown order = pick(inner.columns());
    // Only functions whose result does not depend on the order of equal rows.
    String function = pick(List.of("rank()", "dense_rank()", "count(*)", "cume_dist()::text"));
    use("window");
    List<Shown> columns = new ArrayList<>();
    List<String> items = new ArrayList<>();
    add(items, columns, a + "." + partition.name(), partition.type());
    String over =
        " over (partition by %s.%s order by %s.%s)".formatted(a, partition.name(), a, order.name());
    boolean textual = function.endsWith("::text");
    add(
        items,
        columns,
        "(" + function.replace("::text", "") + over + (textual ? ")::text" : ")"),
        textual ? "text" : "bigint");
    List<Shown> numbers =
        inner.columns().stream().filter(column -> SUMMABLE.contains(column.type())).toList();
    if (!numbers.isEmpty()) {
      add(
          items,
          columns,
          "(sum(%s.%s)%s)::bigint".formatted(a, pick(numbers).name(), over),
          "bigint");
    }
    return new Relation(
        "select %s from (%s) as %s".formatted(String.join(", ", items), inner.sql(), a), columns);
  }

  private void add(List<String> items, List<Shown> columns, String expression, String type) {
    Shown column = new Shown(name(), type);
    items.add(expression + " as " + column.name());
    columns.add(column);
  }

  private Relation select(String alias, List<Shown> columns, String from, String where) {
    return project(
        columns.stream().map(c -> new Shown(alias + "." + c.name(), c.type())).toList(),
        from,
        where);
  }

  /** Some of the columns, sometimes the first rows of a complete order. */
  private Relation project(List<Shown> available, String from, String where) {
    List<Shown> columns = new ArrayList<>();
    List<String> items = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      Shown column = pick(available);
      add(items, columns, column.name(), column.type());
    }
    String distinct = random.nextInt(5) == 0 ? "distinct " : "";
    String limit = "";
    if (random.nextInt(5) == 0) {
      use("order by limit");
      limit =
          " order by "
              + IntStream.rangeClosed(1, items.size())
                  .mapToObj(Integer::toString)
                  .collect(Collectors.joining(", "))
              + " limit "
              + (1 + random.nextInt(8));
    }
    return new Relation(
        "select %s%s from %s where %s%s"
            .formatted(distinct, String.join(", ", items), from, where, limit),
        columns);
  }

  private String predicate(String alias, List<Shown> columns, int depth) {
    Shown column = pick(columns);
    String value = alias + "." + column.name();
    return switch (random.nextInt(depth > 0 ? 10 : 5)) {
      case 0 -> "true";
      case 1 -> value + "::text like '%w%'";
      case 2 -> value + "::text > '" + random.nextInt(10) + "'";
      case 3 -> "coalesce(length(" + value + "::text) % 2 = 0, true)";
      case 4 -> value + " is not null";
      case 5 -> {
        use("or");
        yield "(%s or %s)"
            .formatted(predicate(alias, columns, depth - 1), predicate(alias, columns, depth - 1));
      }
      case 6 -> "not (" + predicate(alias, columns, depth - 1) + ")";
      case 7 -> subquery("exists", value, column, depth);
      case 8 -> subquery("in", value, column, depth);
      default -> subquery("scalar", value, column, depth);
    };
  }

  private String subquery(String kind, String value, Shown column, int depth) {
    TenantTable table = pick(tables);
    List<Column> same = ofType(table, column.type());
    if (same.isEmpty()) {
      return "true";
    }
    use(kind + " subquery");
    String inner = name();
    String other = inner + "." + pick(same).name();
    String where = predicate(inner, shown(table), depth - 1);
    return switch (kind) {
      case "exists" ->
          "exists (select from {%s} as %s where %s = %s and %s)"
              .formatted(table, inner, other, value, where);
      case "in" ->
          "%s %s (select %s from {%s} as %s where %s)"
              .formatted(value, random.nextBoolean() ? "in" : "not in", other, table, inner, where);
      default ->
          "(select count(*) from {%s} as %s where %s = %s) %s %d"
              .formatted(table, inner, other, value, pick(List.of("<", ">=")), random.nextInt(4));
    };
  }

  private static List<Pair> pairs(Relation left, Relation right) {
    return left.columns().stream()
        .flatMap(l -> right.of(l.type()).stream().map(r -> new Pair(l, r)))
        .toList();
  }

  private static List<Shown> qualified(String alias, Relation relation) {
    return relation.columns().stream()
        .map(column -> new Shown(alias + "." + column.name(), column.type()))
        .toList();
  }

  private static List<Shown> shown(TenantTable table) {
    return table.columns().stream().map(column -> new Shown(column.name(), column.type())).toList();
  }

  private static List<Column> ofType(TenantTable table, String type) {
    return table.columns().stream().filter(column -> column.type().equals(type)).toList();
  }

  /** Columns that no constraint speaks of, so that any value of the type will do. */
  private static List<Column> plain(TenantTable table) {
    List<Column> plain =
        table.columns().stream()
            .filter(column -> !table.key().contains(column.name()) && !column.key())
            .filter(column -> column.allowed().isEmpty())
            .toList();
    return plain.isEmpty() ? table.columns() : plain;
  }

  private static List<Column> sameType(TenantTable table, Column column) {
    return column.name().equals("tenant_id")
        ? List.of(column)
        : ofType(table, column.type()).stream()
            .filter(other -> !other.name().equals("tenant_id"))
            .toList();
  }

  private void use(String feature) {
    features.add(feature);
  }

  private String name() {
    return "x" + names++;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  @Override
  public String toString() {
    return text;
  }
}
