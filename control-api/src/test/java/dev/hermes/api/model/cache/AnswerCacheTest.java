package dev.hermes.api.model.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hermes.api.metric.TenantLabel;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelFailed.Kind;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.problem.Failure;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AnswerCacheTest {
  private static final TokenUsage USED = new TokenUsage(11, 7, false);
  private static final TenantId TENANT = new TenantId(new UUID(1, 1));

  private Instant now = Instant.EPOCH;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AnswerCache cache =
      new AnswerCache(
          new Clock() {
            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now;
            }
          },
          meters,
          new TenantLabel(10),
          new ObjectMapper());
  private final Upstream upstream = new Upstream();
  private final List<String> told = new ArrayList<>();

  /** Answers with a number that grows, or fails. */
  private static final class Upstream implements ModelProvider {
    private int asked;
    private String finish = "stop";
    private Optional<Kind> failure = Optional.empty();
    private boolean begins;

    @Override
    public String name() {
      return "up";
    }

    @Override
    public ModelAnswer complete(ModelRequest request, Consumer<String> text) throws ModelFailed {
      asked++;
      if (failure.isPresent()) {
        if (begins) {
          text.accept("half");
        }
        throw new ModelFailed(
            failure.get(), Failure.badGateway("x", "x"), new TokenUsage(3, 0, true));
      }
      text.accept("answer " + asked);
      return new ModelAnswer("answer " + asked, List.of(), finish, USED, "up", false);
    }
  }

  private static ModelRequest request(String text, boolean stream) {
    return new ModelRequest(
        "m",
        List.of(JsonNodeFactory.instance.objectNode().put("role", "user").put("content", text)),
        List.of(),
        Optional.empty(),
        JsonNodeFactory.instance.objectNode(),
        stream);
  }

  private ModelAnswer ask(TenantId tenant, long generation, String text, boolean stream)
      throws ModelFailed, InterruptedException {
    told.clear();
    return cache.over(upstream, tenant, generation).complete(request(text, stream), told::add);
  }

  private double counted(String name) {
    return meters.counter(name, "cache", "answers", "tenant_id", TENANT.toString()).count();
  }

  @Test
  @DisplayName(
      "PRF-3 TEN-14 the same call of the same tenant is not asked again for 300 s, streamed or not")
  void hit() throws Exception {
    assertThat(ask(TENANT, 1, "x", false).usage()).isEqualTo(USED);
    now = now.plus(AnswerCache.FRESH).minusMillis(1);
    ModelAnswer again = ask(TENANT, 1, "x", true);
    assertThat(again)
        .isEqualTo(new ModelAnswer("answer 1", List.of(), "stop", TokenUsage.NONE, "cache", false));
    assertThat(told).containsExactly("answer 1");
    assertThat(counted("hermes_cache_hits")).isEqualTo(1);
    now = now.plusMillis(1);
    assertThat(ask(TENANT, 1, "x", false).text()).as("none after its time").isEqualTo("answer 2");
    assertThat(counted("hermes_cache_misses")).isEqualTo(2);
  }

  @Test
  @DisplayName("TEN-1 TEN-14 another tenant, a changed tenant and another question are asked anew")
  void others() throws Exception {
    ask(TENANT, 1, "x", false);
    assertThat(ask(new TenantId(new UUID(1, 2)), 1, "x", false).text()).isEqualTo("answer 2");
    assertThat(ask(TENANT, 2, "x", false).text()).isEqualTo("answer 3");
    assertThat(ask(TENANT, 1, "y", false).text()).isEqualTo("answer 4");
    assertThat(ask(TENANT, 1, "x", false).text()).as("control").isEqualTo("answer 1");
  }

  @Test
  @DisplayName("an answer that was cut off is not kept")
  void cutOff() throws Exception {
    upstream.finish = "length";
    ask(TENANT, 1, "x", false);
    assertThat(ask(TENANT, 1, "x", false).text()).isEqualTo("answer 2");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @DisplayName(
      "RES-7 all upstreams fail: the old answer for an hour, said to be degraded; a refusal is told")
  void stale(Kind kind) throws Exception {
    ask(TENANT, 1, "x", false);
    now = now.plus(AnswerCache.STALE).minusMillis(1);
    upstream.failure = Optional.of(kind);
    if (kind == Kind.REFUSED) {
      assertThatThrownBy(() -> ask(TENANT, 1, "x", false)).isInstanceOf(ModelFailed.class);
      return;
    }
    ModelAnswer old = ask(TENANT, 1, "x", true);
    assertThat(old.text()).isEqualTo("answer 1");
    assertThat(old.degraded()).isTrue();
    assertThat(old.usage()).as("what the attempts cost").isEqualTo(new TokenUsage(3, 0, true));
    assertThat(counted("hermes_cache_stale")).isEqualTo(1);
    now = now.plusMillis(1);
    assertThatThrownBy(() -> ask(TENANT, 1, "x", false)).isInstanceOf(ModelFailed.class);
  }

  @Test
  @DisplayName("RES-7 what the client has read in part is not followed by another answer")
  void partly() throws Exception {
    ask(TENANT, 1, "x", false);
    now = now.plus(AnswerCache.FRESH);
    upstream.failure = Optional.of(Kind.FAILED);
    upstream.begins = true;
    assertThatThrownBy(() -> ask(TENANT, 1, "x", true)).isInstanceOf(ModelFailed.class);
    assertThat(told).containsExactly("half");
  }

  @Test
  @DisplayName("PRF-3 ten thousand answers at most, and no more than the bytes allow")
  void bounded() throws Exception {
    for (int i = 0; i < 12_000; i++) {
      ask(TENANT, 1, "q" + i, false);
    }
    int asked = upstream.asked;
    for (int i = 0; i < 12_000; i++) {
      ask(TENANT, 1, "q" + i, false);
    }
    assertThat(upstream.asked - asked).isGreaterThanOrEqualTo(1_900);
    assertThat(Duration.between(Instant.EPOCH, now)).isZero();
  }
}
