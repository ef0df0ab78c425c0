package dev.hermes.api.model.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelFailed.Kind;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.problem.Failure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which upstream is asked when, on a clock of the test's own. */
class RouteTest {
  private static final ModelRequest REQUEST =
      new ModelRequest(
          "m",
          List.of(),
          List.of(),
          Optional.empty(),
          JsonNodeFactory.instance.objectNode(),
          false);

  private final TestClock clock = new TestClock();
  private final List<String> asked = new ArrayList<>();
  private final List<Duration> pauses = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private final List<String> read = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(11);

  /** Ends its calls as it was told, in this order; afterwards they all succeed. */
  private final class Scripted implements ModelProvider {
    private final String name;
    private final Deque<Object> ends = new ArrayDeque<>();

    Scripted(String name, Object... ends) {
      this.name = name;
      this.ends.addAll(List.of(ends));
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public ModelAnswer complete(ModelRequest request, Consumer<String> text)
        throws ModelFailed, InterruptedException {
      asked.add(name);
      Object end = ends.isEmpty() ? "" : ends.poll();
      switch (end) {
        case Kind kind -> throw failed(kind, Optional.empty());
        case Duration after -> throw failed(Kind.LIMITED, Optional.of(after));
        case InterruptedException left -> throw left;
        default -> {}
      }
      if (end.equals("broken off")) {
        text.accept("half ");
        throw failed(Kind.FAILED, Optional.empty());
      }
      text.accept("all");
      return new ModelAnswer("all", List.of(), "stop", new TokenUsage(2, 3, false), name, false);
    }

    private static ModelFailed failed(Kind kind, Optional<Duration> after) {
      return new ModelFailed(
          kind, Failure.badGateway("x", kind.wire()), new TokenUsage(10, 0, true), after);
    }
  }

  private Target target(ModelProvider provider, int weight) {
    return new Target(provider, weight, new Breaker(BreakerRule.STANDARD, clock));
  }

  private Route route(Target... targets) {
    return new Route(
        List.of(targets),
        RetryRule.STANDARD,
        length -> {
          pauses.add(length);
          clock.pass(length);
        },
        () -> random,
        new RouteEvents() {
          @Override
          public void retried(String provider, String why) {
            events.add("retried " + provider + " " + why);
          }

          @Override
          public void shut(String provider) {
            events.add("shut " + provider);
          }

          @Override
          public void fellBack(String provider) {
            events.add("fell back " + provider);
          }
        });
  }

  private ModelAnswer ask(Route route) throws Exception {
    return route.complete(REQUEST, read::add);
  }

  private ModelFailed fails(Route route) {
    try {
      ask(route);
    } catch (ModelFailed e) {
      return e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("it answered");
  }

  @Test
  @DisplayName(
      "RES-4 RES-5 one upstream: three attempts, a pause before each but the first, no wait after")
  void onlyUpstream() {
    Route route = route(target(new Scripted("a", Kind.FAILED, Kind.SILENT, Kind.UNREACHABLE), 1));
    ModelFailed failed = fails(route);
    assertThat(failed.kind()).as("the last one's").isEqualTo(Kind.UNREACHABLE);
    assertThat(failed.usage()).as("of all").isEqualTo(new TokenUsage(30, 0, true));
    assertThat(asked).containsExactly("a", "a", "a");
    assertThat(pauses).hasSize(2);
    assertThat(pauses.get(0)).isLessThanOrEqualTo(Duration.ofSeconds(1));
    assertThat(pauses.get(1)).isLessThanOrEqualTo(Duration.ofSeconds(2));
    assertThat(events).containsExactly("retried a failed", "retried a silent");
  }

  @Test
  @DisplayName(
      "AGW-13 RES-1 the first fails, also by its silence: the fallback answers at once, degraded")
  void fallback() throws Exception {
    for (Kind kind :
        List.of(Kind.FAILED, Kind.SILENT, Kind.UNREACHABLE, Kind.ABSENT, Kind.MISCONFIGURED)) {
      asked.clear();
      ModelAnswer answer =
          ask(route(target(new Scripted("a", kind), 1), target(new Scripted("b"), 0)));
      assertThat(asked).containsExactly("a", "b");
      assertThat(answer.provider()).isEqualTo("b");
      assertThat(answer.degraded()).isTrue();
      assertThat(answer.usage()).as("the failed call's too").isEqualTo(new TokenUsage(12, 3, true));
    }
    assertThat(pauses).isEmpty();
    assertThat(events).endsWith("retried a misconfigured", "fell back b");
    ModelAnswer own = ask(route(target(new Scripted("a"), 1), target(new Scripted("b"), 0)));
    assertThat(own.degraded()).isFalse();
    assertThat(own.provider()).isEqualTo("a");
  }

  @Test
  @DisplayName(
      "RES-5 a request that is refused, or an answer that was read in part, is not tried again")
  void noRetry() {
    assertThat(
            fails(route(target(new Scripted("a", Kind.REFUSED), 1), target(new Scripted("b"), 1)))
                .kind())
        .isEqualTo(Kind.REFUSED);
    assertThat(asked).hasSizeLessThanOrEqualTo(2);
    asked.clear();
    read.clear();
    fails(route(target(new Scripted("a", "broken off"), 1), target(new Scripted("b"), 0)));
    assertThat(asked).containsExactly("a");
    assertThat(read).containsExactly("half ");
  }

  @Test
  @DisplayName(
      "RES-5 Retry-After is waited for; one beyond the cap, or with another upstream, is not")
  void retryAfter() throws Exception {
    ask(route(target(new Scripted("a", Duration.ofSeconds(7)), 1)));
    assertThat(pauses.getFirst()).isBetween(Duration.ofSeconds(7), Duration.ofSeconds(8));
    pauses.clear();
    asked.clear();
    ModelFailed failed = fails(route(target(new Scripted("a", Duration.ofSeconds(300)), 1)));
    assertThat(failed.kind()).isEqualTo(Kind.LIMITED);
    assertThat(asked).containsExactly("a");
    ask(route(target(new Scripted("a", Duration.ofSeconds(300)), 1), target(new Scripted("b"), 0)));
    assertThat(pauses).isEmpty();
  }

  @Test
  @DisplayName("RES-1 RES-5 an open breaker is passed over, and asked again when its time is over")
  void openBreaker() throws Exception {
    Scripted a =
        new Scripted(
            "a", Kind.FAILED, Kind.FAILED, Kind.FAILED, Kind.FAILED, Kind.FAILED, Kind.FAILED);
    Route route = route(target(a, 1), target(new Scripted("b"), 0));
    for (int i = 0; i < 5; i++) {
      ask(route);
    }
    asked.clear();
    events.clear();
    ask(route);
    assertThat(asked).containsExactly("b");
    assertThat(events).containsExactly("shut a", "fell back b");
    clock.pass(Duration.ofSeconds(60));
    asked.clear();
    ask(route);
    assertThat(asked).as("the probe fails").containsExactly("a", "b");
    clock.pass(Duration.ofSeconds(60));
    assertThat(ask(route).provider()).isEqualTo("a");
  }

  @Test
  @DisplayName(
      "RES-5 with all breakers open nothing is sent, and the client is told when to come back")
  void allOpen() {
    Route route =
        route(
            target(
                new Scripted("a", Kind.FAILED, Kind.FAILED, Kind.FAILED, Kind.FAILED, Kind.FAILED),
                1));
    fails(route);
    ModelFailed opens = fails(route);
    assertThat(opens.failure().status()).as("the fifth failure's own words").isEqualTo(502);
    assertThat(asked).as("the third attempt met the open breaker").hasSize(5);
    asked.clear();
    clock.pass(Duration.ofSeconds(20));
    ModelFailed failed = fails(route);
    assertThat(asked).isEmpty();
    assertThat(failed.failure().status()).isEqualTo(503);
    assertThat(failed.failure().code()).isEqualTo("upstream_unavailable");
    assertThat(Integer.parseInt(failed.failure().headers().get("Retry-After"))).isBetween(1, 40);
  }

  @Test
  @DisplayName("a model that an upstream does not have says nothing of its others")
  void absent() throws Exception {
    Object[] ends = new Object[20];
    java.util.Arrays.fill(ends, Kind.ABSENT);
    Route route = route(target(new Scripted("a", ends), 1));
    for (int i = 0; i < 20; i++) {
      assertThat(fails(route).kind()).isEqualTo(Kind.ABSENT);
    }
    assertThat(asked).as("it is not asked twice in a call").hasSize(20);
    assertThat(ask(route).provider()).isEqualTo("a");
  }

  @Test
  @DisplayName("a client that leaves says nothing of the upstream")
  void left() throws Exception {
    Object[] ends = new Object[20];
    java.util.Arrays.fill(ends, new InterruptedException());
    Route route = route(target(new Scripted("a", ends), 1));
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> ask(route)).isInstanceOf(InterruptedException.class);
    }
    assertThat(ask(route).provider()).isEqualTo("a");
  }

  @Test
  @DisplayName("AGW-13 calls are shared by weight")
  void weights() throws Exception {
    Route route =
        route(
            target(new Scripted("a"), 6),
            target(new Scripted("b"), 3),
            target(new Scripted("c"), 1),
            target(new Scripted("d"), 0));
    for (int i = 0; i < 10_000; i++) {
      ask(route);
    }
    Map<String, Integer> counts = new HashMap<>();
    asked.forEach(name -> counts.merge(name, 1, Integer::sum));
    assertThat(counts.get("a")).isCloseTo(6000, within(200));
    assertThat(counts.get("b")).isCloseTo(3000, within(200));
    assertThat(counts.get("c")).isCloseTo(1000, within(200));
    assertThat(counts).doesNotContainKey("d");
  }

  @Test
  @DisplayName("two that fail are asked in turn, and never more than three times in all")
  void inTurn() {
    fails(
        route(
            target(new Scripted("a", Kind.FAILED, Kind.FAILED), 1),
            target(new Scripted("b", Kind.FAILED, Kind.FAILED), 0)));
    assertThat(asked).containsExactly("a", "b", "a");
    assertThat(pauses).hasSize(1);
  }
}
