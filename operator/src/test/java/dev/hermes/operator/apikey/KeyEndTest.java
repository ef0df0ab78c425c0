package dev.hermes.operator.apikey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.apikey.ApiKeyStatus;
import dev.hermes.operator.kube.Conditions;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class KeyEndTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

  private static ApiKey key(
      String name, ApiKeySpec.Delivery delivery, @Nullable Duration in, @Nullable Duration next) {
    ApiKey key = new ApiKey();
    key.setMetadata(new ObjectMetaBuilder().withNamespace("team").withName(name).build());
    key.setSpec(
        new ApiKeySpec(
            new ApiKeySpec.TenantRef("acme"),
            List.of(Role.USER),
            List.of(Scope.READ),
            delivery,
            90,
            ApiKeySpec.Rotation.none()));
    key.setStatus(
        new ApiKeyStatus(
            1L, "id", "hx", time(in), null, null, null, time(next), null, null, null, List.of()));
    return key;
  }

  private static ApiKey key(String name, Duration in) {
    return key(name, ApiKeySpec.Delivery.secret(null), in, null);
  }

  private static @Nullable String time(@Nullable Duration in) {
    return in == null ? null : NOW.plus(in).toString();
  }

  private static List<String> names(ApiKey... keys) {
    return KeyEnd.of(List.of(keys), NOW).stream().map(KeyEnd::key).toList();
  }

  @Test
  @DisplayName("OBS-2 F-1 keys that end within 30 days, the first to end first, and how soon")
  void soon() {
    ApiKey first = key("first", Duration.ofHours(5));
    ApiKey last = key("last", Duration.ofDays(30));
    assertThat(
            KeyEnd.of(
                List.of(
                    last,
                    key("later", Duration.ofDays(30).plusSeconds(1)),
                    key("endless", ApiKeySpec.Delivery.secret(null), null, null),
                    first),
                NOW))
        .containsExactly(
            new KeyEnd("acme", "team/first", Duration.ofHours(5)),
            new KeyEnd("acme", "team/last", Duration.ofDays(30)));
    ApiKey unissued = key("unissued", Duration.ofHours(5));
    unissued.setStatus(null);
    assertThat(names(unissued)).isEmpty();
  }

  @Test
  @DisplayName(
      "IAM-13 a key that the operator replaces in time is none of them; one it is late with is")
  void replaced() {
    Duration end = Duration.ofDays(1);
    ApiKeySpec.Delivery minted = ApiKeySpec.Delivery.secret(null);
    assertThat(names(key("rotated", minted, end, Duration.ofHours(1)))).isEmpty();
    assertThat(names(key("due", minted, end, Duration.ofMinutes(-59)))).isEmpty();
    assertThat(names(key("late", minted, end, Duration.ofMinutes(-60))))
        .containsExactly("team/late");
    ApiKeySpec.Delivery own = ApiKeySpec.Delivery.imported("mine");
    assertThat(names(key("imported", own, end, Duration.ofHours(1))))
        .as("its user is to replace it")
        .containsExactly("team/imported");
  }

  @Test
  @DisplayName("OBS-2 a key that is revoked or has ended is none of them")
  void revoked() {
    ApiKey key = key("revoked", Duration.ofHours(5));
    assertThat(names(key)).as("control").hasSize(1);
    List<Condition> conditions =
        Conditions.replacing(List.of(), 1, NOW)
            .isTrue(ConditionType.Revoked, Reason.KeyExpired, "it has ended")
            .toList();
    key.setStatus(key.getStatus().withConditions(1, conditions));
    assertThat(names(key)).isEmpty();
  }

  @Test
  @DisplayName("OBS-1 however many keys end, there are 500 series, of those that end first")
  void bounded() {
    List<ApiKey> many =
        IntStream.range(0, 600).mapToObj(i -> key("k" + i, Duration.ofSeconds(600 - i))).toList();
    List<KeyEnd> ends = KeyEnd.of(many, NOW);
    assertThat(ends).hasSize(500);
    assertThat(ends.getFirst().in()).isEqualTo(Duration.ofSeconds(1));
    assertThat(ends.getLast().in()).isEqualTo(Duration.ofSeconds(500));
  }
}
