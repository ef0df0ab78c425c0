package dev.hermes.operator.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Judges how often each object was written, by the API server's own account; pure. Sieve (OSDI'22)
 * found a third of its bugs this way, with the end state in order.
 *
 * <ul>
 *   <li>What is created is created once: as often as in the undisturbed run, exactly.
 *   <li>What is deleted is deleted as often, exactly; a namespace, which stays for a while, may be
 *       told once more when a fault hid the first answer.
 *   <li>Any other write may come once more for the step that was in hand. A status may come three
 *       times more: it was seen on the way and on the way back, which an undisturbed run may be too
 *       quick for, and a new process takes a fresh sample of its figures.
 * </ul>
 */
final class Oracle {
  private Oracle() {}

  /**
   * @param repeats how often a step may have been repeated: once after one fault; more for a
   *     process that is told of the past for a while, goes back and then forth, and replaces pods
   *     on the way
   */
  static List<String> problems(
      Map<String, Integer> expected, Map<String, Integer> found, int repeats) {
    List<String> problems = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(expected.keySet());
    names.addAll(found.keySet());
    for (String name : names) {
      int wanted = expected.getOrDefault(name, 0);
      int was = found.getOrDefault(name, 0);
      if (isExact(name, repeats) ? was != wanted : was > wanted + repeats * allowance(name)) {
        problems.add(name + ": expected " + wanted + " times, but was " + was);
      }
    }
    return problems;
  }

  private static boolean isExact(String name, int repeats) {
    if (repeats > 1 && name.contains(" pods/")) {
      return false;
    }
    return name.startsWith("create ")
        || name.startsWith("delete ") && !name.startsWith("delete namespaces/");
  }

  private static int allowance(String name) {
    return name.endsWith("/status") ? 3 : 1;
  }
}
