package dev.hermes.api.model;

/**
 * Who sums up what no longer fits the window of a conversation's own model.
 *
 * @param model as that provider knows it
 * @param provider that is asked directly, whatever the strategy of the conversation's alias
 * @param maxTokens of a summary
 */
public record SummaryModel(String model, ModelProvider provider, int maxTokens) {

  /** Tokens that a call may have, the summary included; the providers file is refused without. */
  public long window() {
    return provider
        .window(model)
        .orElseThrow(() -> new IllegalStateException("nobody says the window of " + model));
  }
}
