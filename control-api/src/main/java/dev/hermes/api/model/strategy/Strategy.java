package dev.hermes.api.model.strategy;

import dev.hermes.api.model.ModelProvider;

/**
 * How a model is brought to reason, as the providers file names it for an alias.
 *
 * @see <a href="https://arxiv.org/abs/2305.10601">Yao et al., Tree of Thoughts</a>
 * @see <a href="https://arxiv.org/abs/2203.11171">Wang et al., Self-Consistency</a>
 */
public sealed interface Strategy {
  int FEWEST = 2;
  int MOST = 5;
  int USUAL = 3;

  /** The model is asked, and what it says is the answer. */
  record Direct() implements Strategy {
    @Override
    public Reasoning begin(ModelProvider provider) {
      return new Asking(provider);
    }
  }

  /** Several plans side by side, one is chosen, and the answer follows it. */
  record TreeOfThought(int paths) implements Strategy {
    public TreeOfThought {
      requireSensible(paths);
    }

    @Override
    public Reasoning begin(ModelProvider provider) {
      return new Planning(provider, paths);
    }
  }

  /** Several answers side by side; the one that most of them give is taken. */
  record Agreement(int paths) implements Strategy {
    public Agreement {
      requireSensible(paths);
    }

    @Override
    public Reasoning begin(ModelProvider provider) {
      return new Agreeing(provider, paths);
    }
  }

  /** The reasoning of one turn. */
  Reasoning begin(ModelProvider provider);

  private static void requireSensible(int paths) {
    if (paths < FEWEST || paths > MOST) {
      throw new IllegalArgumentException(
          "a strategy's paths are " + FEWEST + " to " + MOST + ", not " + paths);
    }
  }
}
