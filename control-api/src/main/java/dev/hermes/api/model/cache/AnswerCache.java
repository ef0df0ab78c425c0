package dev.hermes.api.model.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.api.body.Sha256;
import dev.hermes.api.metric.TenantLabel;
import dev.hermes.api.model.DelegatingProvider;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.Told;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers of this replica's models. The same call of the same tenant gets the same answer for
 * {@link #FRESH}, at no cost; after that only when its providers fail, and then it counts as
 * degraded. A call is one of a model, not of a client: tools run again.
 */
@Singleton
public final class AnswerCache {
  public static final Duration FRESH = Duration.ofSeconds(300);

  /** So long an answer may stand in for one that cannot be had. */
  public static final Duration STALE = Duration.ofHours(1);

  /** What answers that come from here are ascribed to. */
  public static final String PROVIDER = "cache";

  private static final long MOST_BYTES = 64L << 20;
  private static final int MOST_ENTRIES = 10_000;
  private static final Set<String> WHOLE = Set.of("stop", "tool_calls");

  private final Clock clock;
  private final MeterRegistry meters;
  private final TenantLabel tenants;
  private final ObjectMapper json;
  private final Cache<Key, Kept> answers;

  AnswerCache(Clock clock, MeterRegistry meters, TenantLabel tenants, ObjectMapper json) {
    this.clock = clock;
    this.meters = meters;
    this.tenants = tenants;
    this.json = json;
    this.answers =
        Caffeine.newBuilder()
            .maximumWeight(MOST_BYTES)
            .weigher((Key key, Kept kept) -> weight(kept.answer()))
            .build();
  }

  /** The tenant's UUID is never given again, and a change of the tenant begins anew. */
  private record Key(TenantId tenant, long generation, String digest) {}

  private record Kept(ModelAnswer answer, Instant since) {}

  /** No entry weighs less than its share of the bytes, which bounds their number. */
  private static int weight(ModelAnswer answer) {
    long characters =
        answer.text().length()
            + answer.toolCalls().stream().mapToLong(call -> call.arguments().length()).sum();
    return (int) Math.clamp(2 * characters, MOST_BYTES / MOST_ENTRIES, Integer.MAX_VALUE);
  }

  /** The provider, asked only for what is not kept. */
  public ModelProvider over(ModelProvider provider, TenantId tenant, long generation) {
    return new Cached(provider, tenant, generation);
  }

  private final class Cached implements DelegatingProvider {
    private final ModelProvider provider;
    private final TenantId tenant;
    private final long generation;

    Cached(ModelProvider provider, TenantId tenant, long generation) {
      this.provider = provider;
      this.tenant = tenant;
      this.generation = generation;
    }

    @Override
    public ModelProvider provider() {
      return provider;
    }

    @Override
    public ModelAnswer complete(ModelRequest request, Consumer<String> text)
        throws InterruptedException, ModelFailed {
      Key key = new Key(tenant, generation, digest(request));
      Kept kept = within(answers.getIfPresent(key), FRESH);
      if (kept != null) {
        count("hermes_cache_hits");
        return given(kept, text, false);
      }
      count("hermes_cache_misses");
      Told told = new Told(text);
      try {
        ModelAnswer answer = provider.complete(request, told);
        if (WHOLE.contains(answer.finishReason())) {
          answers.put(key, new Kept(answer, clock.instant()));
        }
        return answer;
      } catch (ModelFailed e) {
        Kept old = within(answers.getIfPresent(key), STALE);
        if (old == null || told.any() || e.kind().isFinal()) {
          throw e;
        }
        count("hermes_cache_stale");
        // what the failed attempts cost is charged all the same
        return given(old, text, true).by(PROVIDER, true, e.usage());
      }
    }

    private ModelAnswer given(Kept kept, Consumer<String> text, boolean degraded) {
      ModelAnswer answer = kept.answer();
      if (!answer.text().isEmpty()) {
        text.accept(answer.text());
      }
      return new ModelAnswer(
          answer.text(),
          answer.toolCalls(),
          answer.finishReason(),
          TokenUsage.NONE,
          PROVIDER,
          degraded);
    }

    private void count(String name) {
      meters.counter(name, "cache", "answers", TenantLabel.TAG, tenants.of(tenant)).increment();
    }
  }

  private @Nullable Kept within(@Nullable Kept kept, Duration life) {
    return kept == null || !clock.instant().isBefore(kept.since().plus(life)) ? null : kept;
  }

  /** All that decides an answer; whether it is streamed does not. */
  private String digest(ModelRequest request) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode().add(request.model());
    all.addAll(request.messages());
    ArrayNode tools = all.addArray();
    request.tools().forEach(tools::add);
    all.add(request.toolChoice().orElse(JsonNodeFactory.instance.nullNode()));
    all.add((JsonNode) request.parameters());
    try {
      MessageDigest digest = Sha256.digest();
      digest.update(json.writeValueAsBytes(all));
      return Sha256.of(digest).hex();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }
}
