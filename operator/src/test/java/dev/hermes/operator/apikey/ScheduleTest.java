package dev.hermes.operator.apikey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Reason;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.operator.provision.KeyRow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {
  private static final Duration RESYNC = Duration.ofMinutes(10);
  private static final Instant MADE = Instant.parse("2026-08-01T12:00:00Z");
  private static final String RECIPIENT = "age1" + "q".repeat(58);

  private static Instant day(double days) {
    return MADE.plusSeconds(Math.round(days * 86_400));
  }

  private static ApiKeySpec spec(
      ApiKeySpec.Delivery delivery, int expires, Integer every, String requested) {
    return new ApiKeySpec(
        new ApiKeySpec.TenantRef("acme"),
        List.of(Role.USER),
        List.of(Scope.READ),
        delivery,
        expires,
        new ApiKeySpec.Rotation(every, 7, 24, requested, List.of()));
  }

  private static Schedule schedule(Integer every, String requested, Instant met) {
    ApiKeySpec spec = spec(ApiKeySpec.Delivery.secret(null), 90, every, requested);
    Instant expires = MADE.plus(new Schedule(spec, Optional.empty()).life());
    return new Schedule(spec, Optional.of(Rows.row("k", MADE, expires, null, null, met)));
  }

  @ParameterizedTest
  @CsvSource({
    "82.99, false, false",
    "83,    true,  false",
    "89.99, true,  false",
    "90,    true,  true",
    "97,    true,  true"
  })
  @DisplayName("IAM-13 every 90 days: notice from day 83, rotation from day 90")
  void fakeClock(double day, boolean notice, boolean due) {
    Schedule schedule = schedule(90, null, null);

    assertThat(schedule.notice(day(day)).map(Schedule.Notice::reason))
        .isEqualTo(notice ? Optional.of(Reason.RotationDue) : Optional.empty());
    assertThat(schedule.isDue(day(day))).isEqualTo(due);
    assertThat(schedule.next()).contains(day(90));
  }

  @Test
  @DisplayName("IAM-13 a key that expires on the day of its rotation lives through the overlap")
  void outlives() {
    assertThat(schedule(90, null, null).life()).isEqualTo(Duration.ofDays(91));
    assertThat(schedule(30, null, null).life()).isEqualTo(Duration.ofDays(90));
    assertThat(schedule(null, null, null).life()).isEqualTo(Duration.ofDays(90));
    ApiKeySpec imported = spec(ApiKeySpec.Delivery.imported("s"), 90, 90, null);
    assertThat(new Schedule(imported, Optional.empty()).life()).isEqualTo(Duration.ofDays(90));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "2026-08-02T00:00:00Z, -, true",
        "2026-08-02T00:00:00Z, 2026-08-02T00:00:00Z, false",
        "2026-08-02T00:00:00Z, 2026-08-03T00:00:00Z, false",
        "2026-08-03T00:00:00Z, 2026-08-02T00:00:00Z, true",
        "2026-08-04T00:00:01Z, -, false",
        "2026-08-03T00:00:00.123456789Z, 2026-08-03T00:00:00.123456Z, false",
        "-, 2026-08-02T00:00:00Z, false",
        "-, -, false"
      })
  @DisplayName("K8S-4 a request is met once, when its time has come; an older one asks for nothing")
  void requests(String asked, Instant met, boolean due) {
    Instant now = Instant.parse("2026-08-04T00:00:00Z");
    Schedule schedule = schedule(null, asked, met);

    assertThat(schedule.isDue(now)).isEqualTo(due);
    if (due) {
      Schedule next = schedule(null, asked, schedule.metRequest(now).orElseThrow());
      assertThat(next.isDue(now)).as("after the rotation").isFalse();
    }
  }

  @Test
  @DisplayName("a key without schedule tells of its expiry")
  void expiry() {
    Schedule schedule = schedule(null, null, null);

    assertThat(schedule.notice(day(82.99))).isEmpty();
    assertThat(schedule.notice(day(83))).contains(new Schedule.Notice(Reason.ExpiresSoon, day(90)));
  }

  @Test
  @DisplayName("K8S-4 a key that the user brings is never due; its schedule only reminds")
  void brought() {
    for (ApiKeySpec.Delivery delivery :
        List.of(
            ApiKeySpec.Delivery.imported("s"),
            ApiKeySpec.Delivery.hashOnly("0".repeat(12), "0".repeat(64)))) {
      ApiKeySpec spec = spec(delivery, 90, 30, "2026-08-02T00:00:00Z");
      Schedule schedule = new Schedule(spec, Optional.of(Rows.current("k", MADE, 90)));

      assertThat(schedule.isDue(day(40))).isFalse();
      assertThat(schedule.notice(day(23)))
          .contains(new Schedule.Notice(Reason.RotationDue, day(30)));
    }
    ApiKeySpec encrypted = spec(ApiKeySpec.Delivery.encrypted(RECIPIENT), 90, 30, null);
    assertThat(new Schedule(encrypted, Optional.of(Rows.current("k", MADE, 90))).isDue(day(40)))
        .as("control")
        .isTrue();
  }

  @Test
  @DisplayName("a look comes at the very moment at which something is due")
  void looks() {
    Schedule schedule = schedule(90, "2026-09-01T00:00:00Z", null);
    KeyRow overlapping =
        Rows.row("old", MADE.minusSeconds(60), MADE.plusSeconds(100), null, MADE, null);
    KeyRing ring = new KeyRing(List.of(schedule.current().orElseThrow(), overlapping));

    assertThat(schedule.nextLook(MADE)).contains(Instant.parse("2026-09-01T00:00:00Z"));
    assertThat(schedule.nextLook(day(40))).contains(day(83));
    assertThat(schedule.nextLook(day(83))).contains(day(90));
    assertThat(schedule.nextLook(day(90))).contains(day(91));
    assertThat(KeyLooks.again(schedule.spec(), ring, Optional.empty(), MADE, RESYNC))
        .isBetween(Duration.ofSeconds(100), Duration.ofSeconds(101));
    assertThat(KeyLooks.again(schedule.spec(), KeyRing.empty(), Optional.empty(), MADE, RESYNC))
        .isEqualTo(RESYNC);
  }

  @Test
  @DisplayName("a ring tells the current key from the one that overlaps and those that are over")
  void ring() {
    KeyRow current = Rows.current("new", MADE, 90);
    KeyRow old = Rows.row("old", day(-9), day(1), null, MADE, null);
    KeyRow older = Rows.row("older", day(-10), day(-1), day(-1), day(-9), null);
    KeyRing ring = new KeyRing(List.of(current, old, older));

    assertThat(ring.current()).contains(current);
    assertThat(ring.overlapping(day(0.5))).contains(old);
    assertThat(ring.over(day(0.5))).isEmpty();
    assertThat(ring.overlapping(day(1))).isEmpty();
    assertThat(ring.over(day(1))).containsExactly(old);
    assertThat(ring.rotatedAt()).contains(MADE);
    assertThat(new KeyRing(List.of(current)).rotatedAt()).isEmpty();
  }
}
