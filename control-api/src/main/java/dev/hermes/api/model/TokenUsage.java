package dev.hermes.api.model;

/**
 * Tokens of one or several model calls.
 *
 * @param estimated true when a provider did not say and we counted
 * @param nanoUsd what they cost
 */
public record TokenUsage(long prompt, long completion, boolean estimated, long nanoUsd) {
  public static final TokenUsage NONE = new TokenUsage(0, 0, false);

  /** Free of charge. */
  public TokenUsage(long prompt, long completion, boolean estimated) {
    this(prompt, completion, estimated, 0);
  }

  /** The same tokens at that price. */
  public TokenUsage at(Price price) {
    return new TokenUsage(prompt, completion, estimated, price.of(prompt, completion));
  }

  public TokenUsage plus(TokenUsage more) {
    return new TokenUsage(
        prompt + more.prompt,
        completion + more.completion,
        estimated || more.estimated,
        nanoUsd + more.nanoUsd);
  }

  public long total() {
    return prompt + completion;
  }

  /** About four characters a token, for answers that broke off before the provider counted. */
  public static TokenUsage estimate(long promptCharacters, long completionCharacters) {
    return new TokenUsage((promptCharacters + 3) / 4, (completionCharacters + 3) / 4, true);
  }
}
