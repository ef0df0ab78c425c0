package dev.hermes.api.job;

import java.util.Arrays;
import java.util.List;

/**
 * A pattern of paths below the home directory: {@code *} and {@code ?} within a name, {@code **}
 * across names. One without any of them is that file, or all below that directory.
 *
 * <p>A path is followed through the pattern at all its places at once, so that no pattern takes
 * longer than its length times the path's.
 */
record Glob(String pattern) {
  /** As deep as a tree is listed for {@code **}. */
  private static final int DEEP = 64;

  private static final String WILD = "*?";

  boolean isLiteral() {
    return isLiteral(pattern);
  }

  /** The names before the first that is not literal; of a literal pattern all but the last. */
  List<String> folder() {
    List<String> names = names();
    int fixed = 0;
    while (fixed < names.size() - 1 && isLiteral(names.get(fixed))) {
      fixed++;
    }
    return names.subList(0, fixed);
  }

  /** How deep the folder has to be listed. */
  int depth() {
    return pattern.contains("**") ? DEEP : names().size() - folder().size();
  }

  /** The depth of all that a directory holds which the pattern names. */
  static int everything() {
    return DEEP;
  }

  boolean matches(String path) {
    if (isLiteral()) {
      return path.equals(pattern) || path.startsWith(pattern + "/");
    }
    // places.[i]: the path so far is what the first i characters of the pattern may stand for
    boolean[] places = new boolean[pattern.length() + 1];
    places[0] = true;
    skipStars(places, true);
    for (int i = 0; i < path.length(); i++) {
      places = step(places, path.charAt(i));
      skipStars(places, path.charAt(i) == '/');
    }
    return places[pattern.length()];
  }

  private boolean[] step(boolean[] places, char c) {
    boolean[] next = new boolean[places.length];
    for (int i = 0; i < pattern.length(); i++) {
      if (!places[i]) {
        continue;
      }
      char p = pattern.charAt(i);
      if (p == '*') {
        next[i] |= c != '/' || isDouble(i);
      } else if (p == c || p == '?' && c != '/') {
        next[i + 1] = true;
      }
    }
    return next;
  }

  /**
   * A star may stand for nothing, and so may two of them with the slash after them where a name
   * begins.
   */
  private void skipStars(boolean[] places, boolean nameBegins) {
    for (int i = 0; i < pattern.length(); i++) {
      if (places[i] && pattern.charAt(i) == '*') {
        places[i + 1] = true;
        boolean wholeName = i == 0 || pattern.charAt(i - 1) == '/';
        if (nameBegins && wholeName && pattern.startsWith("**/", i)) {
          places[i + 3] = true;
        }
      }
    }
  }

  private boolean isDouble(int star) {
    return pattern.startsWith("**", star) || star > 0 && pattern.startsWith("**", star - 1);
  }

  private List<String> names() {
    return Arrays.asList(pattern.split("/", -1));
  }

  private static boolean isLiteral(String text) {
    return text.chars().noneMatch(c -> WILD.indexOf(c) >= 0);
  }
}
