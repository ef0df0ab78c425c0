package dev.hermes.api.skill;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.regex.Pattern;

/**
 * The name of a skill, as the format of Agent Skills has it: it has no character that means
 * anything in a path or URL. Controllers, documents and the model's tool read it.
 */
public record SkillName(String value) {
  static final String RULE =
      "The name of a skill is 1 to 64 of a-z 0-9 with single hyphens between them.";

  private static final Pattern FORM = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final int MOST = 64;

  /** 400 when the text cannot be the name of a skill. */
  public static SkillName parse(String text) {
    if (!isName(text)) {
      throw new ApiException(Failure.invalid("name", RULE));
    }
    return new SkillName(text);
  }

  static boolean isName(String text) {
    return text.length() <= MOST && FORM.matcher(text).matches();
  }
}
