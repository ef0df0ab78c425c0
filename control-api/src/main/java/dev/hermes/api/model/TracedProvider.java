package dev.hermes.api.model;

import dev.hermes.api.trace.Step;
import java.util.List;
import java.util.function.Consumer;

/**
 * Puts each call of a provider on the trace, as OpenTelemetry's conventions for GenAI have it: one
 * that is tried again is another step. Nothing of what is said goes there.
 */
record TracedProvider(ModelProvider provider) implements DelegatingProvider {

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    return traced(
        "chat",
        request.model(),
        step -> {
          ModelAnswer answer = provider.complete(request, text);
          used(step, answer.usage())
              .with("gen_ai.response.finish_reasons", List.of(answer.finishReason()));
          return answer;
        });
  }

  @Override
  public EmbeddingAnswer embed(EmbeddingRequest request) throws InterruptedException, ModelFailed {
    return traced(
        "embeddings",
        request.model(),
        step -> {
          EmbeddingAnswer answer = provider.embed(request);
          used(step, answer.usage());
          return answer;
        });
  }

  /** A call, with the step it is. */
  @FunctionalInterface
  private interface Call<T> {
    T of(Step step) throws InterruptedException, ModelFailed;
  }

  private <T> T traced(String operation, String model, Call<T> call)
      throws InterruptedException, ModelFailed {
    try (Step step = Step.calling(operation, model)) {
      step.with("gen_ai.operation.name", operation)
          .with("gen_ai.provider.name", provider.name())
          .with("gen_ai.request.model", model);
      try {
        return call.of(step);
      } catch (ModelFailed e) {
        used(step, e.usage()).failed(e.kind().wire());
        throw e;
      } catch (InterruptedException e) {
        step.failed("interrupted");
        throw e;
      } catch (RuntimeException e) {
        // the client has gone, or we are wrong
        step.failed(e.getClass().getSimpleName());
        throw e;
      }
    }
  }

  private static Step used(Step step, TokenUsage usage) {
    return step.with("gen_ai.usage.input_tokens", usage.prompt())
        .with("gen_ai.usage.output_tokens", usage.completion());
  }
}
