package dev.hermes.api.skill;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A {@code SKILL.md}: a head in YAML between two lines {@code ---}, and behind it instructions in
 * Markdown, as <a href="https://agentskills.io/specification">Agent Skills</a> has it. A member of
 * the head that nobody knows is refused: it may be {@code sandbox}, spelled wrongly.
 *
 * @param text the whole, as it came
 */
record SkillDocument(SkillRules rules, String description, String text) {
  static final int MOST_BYTES = 65536;

  private static final String FENCE = "---";
  private static final int MOST_DESCRIPTION = 1024;
  private static final int MOST_COMPATIBILITY = 500;
  private static final Set<String> KNOWN =
      Stream.concat(
              Stream.of(
                  "name",
                  "description",
                  "license",
                  "compatibility",
                  "metadata",
                  PlatformMembers.ALLOWED_TOOLS),
              PlatformMembers.NAMES.stream())
          .collect(Collectors.toUnmodifiableSet());

  /** 400 that says what is wrong, if it is none. */
  static SkillDocument parse(String text) {
    checkText(text);
    Head head = new Head(FrontMatter.parse(text.substring(lineEnd(text, 0), closing(text))));
    head.checkNames(KNOWN);
    head.text("license");
    if (head.text("compatibility").orElse("").length() > MOST_COMPATIBILITY) {
      throw FrontMatter.wrong(
          "has a compatibility of more than " + MOST_COMPATIBILITY + " characters");
    }
    SkillName name = name(head.required("name"));
    String description = description(head.required("description"));
    SkillRules rules = PlatformMembers.rules(name, head);
    if (body(text).isEmpty()) {
      throw wrong("Behind its front matter the document has no instructions.");
    }
    return new SkillDocument(rules, description, text);
  }

  /** The instructions alone. */
  static String body(String document) {
    return document.substring(lineEnd(document, closing(document))).strip();
  }

  private static SkillName name(String text) {
    if (!SkillName.isName(text)) {
      throw wrong("The document's front matter has no good name. " + SkillName.RULE);
    }
    return new SkillName(text);
  }

  private static String description(String text) {
    String description = text.strip();
    int length = description.codePointCount(0, description.length());
    if (length == 0
        || length > MOST_DESCRIPTION
        || description.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n')
        || !isStorable(description)) {
      throw FrontMatter.wrong(
          "needs a description of 1 to "
              + MOST_DESCRIPTION
              + " characters, none of them a control");
    }
    return description;
  }

  private static void checkText(String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MOST_BYTES) {
      throw wrong(
          "document is at most " + MOST_BYTES + " bytes of UTF-8, these are " + bytes + ".");
    }
    if (!isStorable(text)) {
      throw wrong("document has a NUL or half a surrogate pair: it is no text.");
    }
  }

  private static boolean isStorable(String text) {
    return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** Where the line begins that ends the head. */
  private static int closing(String text) {
    if (isFence(text, 0)) {
      for (int at = lineEnd(text, 0); at < text.length(); at = lineEnd(text, at)) {
        if (isFence(text, at)) {
          return at;
        }
      }
    }
    throw wrong(
        "The document begins with a line ---, then name: and description: in YAML, and another"
            + " line ---; behind it are the instructions.");
  }

  private static boolean isFence(String text, int begin) {
    return text.substring(begin, lineEnd(text, begin)).stripTrailing().equals(FENCE);
  }

  private static int lineEnd(String text, int begin) {
    int end = text.indexOf('\n', begin);
    return end < 0 ? text.length() : end + 1;
  }

  private static ApiException wrong(String message) {
    return new ApiException(Failure.invalid("document", message));
  }
}
