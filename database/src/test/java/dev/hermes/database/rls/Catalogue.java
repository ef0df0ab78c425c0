package dev.hermes.database.rls;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ids R1 to R50 of the row-level security regression catalogue, as tests name them. */
final class Catalogue {
  static final int LAST = 50;
  private static final Pattern ID = Pattern.compile("(?<![\\w-])R(\\d{1,2})(?![\\w-])");

  private Catalogue() {}

  static Set<Integer> ids(String names) {
    Set<Integer> ids = new TreeSet<>();
    Matcher id = ID.matcher(names);
    while (id.find()) {
      int number = Integer.parseInt(id.group(1));
      if (number >= 1 && number <= LAST) {
        ids.add(number);
      }
    }
    return ids;
  }
}
