package dev.hermes.operator.faults;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Takes out of a text what differs between two runs that did the same: the run's name, UIDs, ids of
 * keys, times, random endings. An id that is known becomes the name of what it stands for, so that
 * a mixed-up one shows.
 */
final class Normal {
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final Pattern TIME =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)");
  private static final Pattern NAMESPACE = Pattern.compile("(hermes-run-[a-z]+)-[0-9a-f]{8}");
  private static final Pattern POD = Pattern.compile("(sbx-run-[a-z]+)-[a-z0-9]{8}\\b");
  private static final Pattern KEY = Pattern.compile("hx_live_\\w+");
  private static final Pattern HASH =
      Pattern.compile("(\"hermes.dev/(?:policy|applied)-hash\":\")[^\"]*");

  private final String run;
  private final Map<String, String> known = new ConcurrentHashMap<>();

  /**
   * @param run begins the name of everything that this run makes
   */
  Normal(String run) {
    this.run = run;
  }

  /** From now on the id is shown as this name. */
  void learn(String id, String name) {
    known.put(id, name);
  }

  String text(String raw) {
    String text = raw;
    for (Map.Entry<String, String> id : known.entrySet()) {
      text = text.replace(id.getKey(), "<" + id.getValue() + ">");
    }
    text = text.replace(run + "-", "run-");
    text = UUID.matcher(text).replaceAll("<uuid>");
    text = TIME.matcher(text).replaceAll("<time>");
    text = NAMESPACE.matcher(text).replaceAll("$1-*");
    text = POD.matcher(text).replaceAll("$1-*");
    text = KEY.matcher(text).replaceAll("hx_live_*");
    return HASH.matcher(text).replaceAll("$1*");
  }
}
