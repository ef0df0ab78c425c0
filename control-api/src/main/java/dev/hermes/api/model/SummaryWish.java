package dev.hermes.api.model;

import dev.hermes.api.model.ProvidersFile.Alias;
import dev.hermes.api.model.ProvidersFile.Upstream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * That an alias sums up what does not fit its model's window, as the providers file has it.
 *
 * @param model that makes the summary, or an alias of it; by default the model of the alias itself
 * @param maxTokens of a summary; {@value #USUAL} by default
 */
record SummaryWish(@Nullable String model, @Nullable Integer maxTokens) {
  private static final int FEWEST = 64;
  private static final int MOST = 8192;
  private static final int USUAL = 512;

  /** Beside four summaries: for what the model is told, and for what it is to sum up. */
  private static final int ROOM = 1024;

  SummaryWish {
    if (maxTokens != null && (maxTokens < FEWEST || maxTokens > MOST)) {
      throw new IllegalArgumentException(
          "a summary's maxTokens are " + FEWEST + " to " + MOST + ", not " + maxTokens);
    }
  }

  int tokens() {
    return maxTokens == null ? USUAL : maxTokens;
  }

  /** The model that is asked for the summaries of that alias. */
  String by(Alias alias, List<Alias> aliases) {
    String named = model == null ? alias.model() : model;
    return aliases.stream()
        .filter(it -> it.name().equals(named))
        .map(Alias::model)
        .findFirst()
        .orElse(named);
  }

  /**
   * What does not fit is only known where the window is, and a summary must not fill it.
   *
   * @throws IllegalArgumentException where a window is unknown or too small
   */
  static void check(List<Alias> aliases, List<Upstream> providers) {
    for (Alias alias : aliases) {
      SummaryWish wish = alias.summary();
      if (wish != null) {
        wish.requireRoom(alias.name(), alias.model(), providers);
        wish.requireRoom(alias.name(), wish.by(alias, aliases), providers);
      }
    }
  }

  private void requireRoom(String alias, String model, List<Upstream> providers) {
    long window =
        providers.stream()
            .flatMapToLong(it -> it.window(model).stream())
            .min()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "alias %s has a summary, but no provider has %s or says its window: add it to"
                            .formatted(alias, model)
                        + " the provider's windows"));
    long least = 4L * tokens() + ROOM;
    if (window < least) {
      throw new IllegalArgumentException(
          "alias %s has a summary of %d tokens: for that the window of %s is at least %d, not %d"
              .formatted(alias, tokens(), model, least, window));
    }
  }
}
