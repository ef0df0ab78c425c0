package dev.hermes.api.model.strategy;

import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Repeated-sample agreement: the same call several times, and what most answers say is the answer.
 * Where no two agree, or two camps are as large, the model says which is the most consistent.
 */
final class Agreeing implements Reasoning {
  private final int paths;
  private final Samples samples;

  Agreeing(ModelProvider provider, int paths) {
    this.paths = paths;
    this.samples = new Samples(provider);
  }

  /** The samples, and the choice between camps. */
  @Override
  public int calls() {
    return paths + 1;
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    List<ModelRequest> wanted = IntStream.range(0, paths).mapToObj(request::sample).toList();
    ModelAnswer chosen = choose(request, samples.of(wanted));
    if (!chosen.text().isEmpty()) {
      text.accept(chosen.text());
    }
    return samples.settle(chosen.at(TokenUsage.NONE));
  }

  /** All there is to pay for went through the samples. */
  @Override
  public TokenUsage broken(ModelRequest request, long characters) {
    return samples.take();
  }

  private ModelAnswer choose(ModelRequest request, List<ModelAnswer> answers)
      throws InterruptedException, ModelFailed {
    List<List<ModelAnswer>> camps = camps(answers);
    int most = camps.getFirst().size();
    List<ModelAnswer> largest =
        camps.stream().filter(camp -> camp.size() == most).map(List::getFirst).toList();
    boolean words = largest.stream().allMatch(answer -> answer.toolCalls().isEmpty());
    if (largest.size() == 1 || !words) {
      return largest.getFirst();
    }
    List<String> texts = largest.stream().map(ModelAnswer::text).toList();
    ModelAnswer vote = samples.one(request.aside(Prompts.bestOf("answer", texts), 0));
    return largest.get(Prompts.chosen(vote.text(), largest.size()));
  }

  /** Answers that say the same, the largest camp first; of equal ones the one that came first. */
  private static List<List<ModelAnswer>> camps(List<ModelAnswer> answers) {
    Map<List<String>, List<ModelAnswer>> camps = new LinkedHashMap<>();
    for (ModelAnswer answer : answers) {
      camps.computeIfAbsent(said(answer), any -> new ArrayList<>()).add(answer);
    }
    return camps.values().stream()
        .sorted(Comparator.comparing((List<ModelAnswer> camp) -> camp.size()).reversed())
        .toList();
  }

  /** What counts of an answer: its calls if there are any, else its words, however written. */
  private static List<String> said(ModelAnswer answer) {
    if (!answer.toolCalls().isEmpty()) {
      return answer.toolCalls().stream().map(call -> call.name() + call.arguments()).toList();
    }
    String words = answer.text().strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    return List.of("", words.replaceAll("[.!]+$", ""));
  }
}
