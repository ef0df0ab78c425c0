package dev.hermes.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.testing.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RestTest {
  private static final Instant LONG_AGO = Fixtures.NOW.minus(Duration.ofDays(3));

  private Instant now = Fixtures.NOW;
  private final Rest rest = new Rest(((InstantSource) () -> now).withZone(ZoneOffset.UTC));

  private static PoolTarget target(boolean drained, String... policies) {
    List<EffectivePolicy> effective =
        List.of(policies).stream().map(name -> Fixtures.policy(name, 1, 5)).toList();
    return new PoolTarget("uid", "acme", "id", "ns", 10, effective, drained);
  }

  private void pass(Duration time) {
    now = now.plus(time);
  }

  @Test
  @DisplayName("a new tenant must show a pod; one that was proven before a restart need not")
  void first() {
    rest.wanted(null, target(false, "default"), Optional.empty());
    assertThat(rest.excuses("uid", "default")).isFalse();
    assertThat(rest.awakeSince("uid", "default")).isEqualTo(now);

    rest.forget("uid");
    rest.wanted(null, target(false, "default"), Optional.of(LONG_AGO));
    assertThat(rest.excuses("uid", "default")).isTrue();
    assertThat(rest.awakeSince("uid", "default")).isEqualTo(LONG_AGO);

    // the first look finds that it does not rest
    rest.looked(target(false, "default"), Set.of(), Set.of());
    assertThat(rest.excuses("uid", "default")).isFalse();
  }

  @Test
  @DisplayName("a pool that wakes has a minute for its first Ready pod, and no longer")
  void waking() {
    PoolTarget target = target(false, "default");
    rest.wanted(null, target, Optional.of(LONG_AGO));
    rest.looked(target, Set.of("default"), Set.of());
    pass(Duration.ofHours(5));
    assertThat(rest.excuses("uid", "default")).isTrue();

    rest.looked(target, Set.of(), Set.of());
    pass(Duration.ofSeconds(59));
    rest.looked(target, Set.of(), Set.of());
    assertThat(rest.excuses("uid", "default")).isTrue();
    pass(Duration.ofSeconds(1));
    assertThat(rest.excuses("uid", "default")).isFalse();
  }

  @Test
  @DisplayName("once a pod is Ready, its loss is a loss")
  void woken() {
    PoolTarget target = target(false, "default");
    rest.wanted(null, target, Optional.of(LONG_AGO));
    rest.looked(target, Set.of("default"), Set.of());
    rest.looked(target, Set.of(), Set.of("default"));

    assertThat(rest.excuses("uid", "default")).isFalse();
  }

  @Test
  @DisplayName("a tenant that is resumed, or lists another policy, wakes; other changes do not")
  void changes() {
    PoolTarget target = target(false, "default");
    rest.wanted(null, target, Optional.of(LONG_AGO));

    rest.wanted(target, target, Optional.of(LONG_AGO));
    assertThat(rest.awakeSince("uid", "default")).isEqualTo(LONG_AGO);
    rest.wanted(target(true, "default"), target, Optional.of(LONG_AGO));
    assertThat(rest.awakeSince("uid", "default")).isEqualTo(now);
    pass(Duration.ofHours(1));
    rest.wanted(target, target(false, "default", "big"), Optional.of(LONG_AGO));
    assertThat(rest.awakeSince("uid", "default")).isEqualTo(now);
  }

  @Test
  @DisplayName("a pool that has not shown a Ready pod yet stays awake, however long that takes")
  void unproven() {
    PoolTarget target = target(false, "default");
    rest.wanted(null, target, Optional.empty());
    Instant begun = now;
    pass(Duration.ofHours(1));
    rest.looked(target, Set.of(), Set.of());
    assertThat(rest.awakeSince("uid", "default")).isEqualTo(now);

    rest.looked(target, Set.of(), Set.of("default"));
    assertThat(rest.awakeSince("uid", "default")).isEqualTo(begun);
  }

  @Test
  @DisplayName("a tenant that nobody wants is not excused")
  void unknown() {
    assertThat(rest.excuses("uid", "default")).isFalse();
  }
}
