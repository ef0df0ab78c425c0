package dev.hermes.api.session;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.regex.Pattern;

/** The caller's own name for a conversation; unique per tenant and user. */
public record SessionId(String value) {
  public static final String HEADER = "X-Hermes-Session-Id";
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._-]{1,128}");

  /**
   * 400 when the text cannot be an id.
   *
   * @param param the header or member that it stands in, as the error names it
   */
  public static SessionId parse(String param, String text) {
    if (!isId(text)) {
      throw new ApiException(
          Failure.invalid(param, "A session id is 1 to 128 characters of A-Z a-z 0-9 . _ -"));
    }
    return new SessionId(text);
  }

  static boolean isId(String text) {
    return FORM.matcher(text).matches();
  }
}
