package dev.hermes.api.model;

/**
 * Tokens of one or several model calls.
 *
 * @param estimated true when a provider did not say and we counted
 */
public record TokenUsage(long prompt, long completion, boolean estimated) {
  public static final TokenUsage NONE = new TokenUsage(0, 0, false);

  public TokenUsage plus(TokenUsage more) {
    return new TokenUsage(
        prompt + more.prompt, completion + more.completion, estimated || more.estimated);
  }

  public long total() {
    return prompt + completion;
  }

  /** About four characters a token, for answers that broke off before the provider counted. */
  public static TokenUsage estimate(long promptCharacters, long completionCharacters) {
    return new TokenUsage((promptCharacters + 3) / 4, (completionCharacters + 3) / 4, true);
  }
}
