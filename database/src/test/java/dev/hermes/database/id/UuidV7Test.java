package dev.hermes.database.id;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class UuidV7Test {
  @Test
  @DisplayName("version 7, variant 2, the time in front, and no two alike")
  void form() {
    Set<UUID> ids = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      UUID id = UuidV7.at(1_760_000_000_000L);
      assertThat(id.version()).isEqualTo(7);
      assertThat(id.variant()).isEqualTo(2);
      assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(1_760_000_000_000L);
      ids.add(id);
    }
    assertThat(ids).hasSize(10_000);
    assertThat(UuidV7.next().toString()).isGreaterThan(UuidV7.at(1_760_000_000_000L).toString());
  }

  @Test
  @DisplayName("a derived id is the same each time, and another for another part, whole or time")
  void derived() {
    Instant time = Instant.ofEpochMilli(1_760_000_000_000L);
    UUID whole = UUID.fromString("0b5f2f6e-6c7e-4a5e-9d38-111111111111");
    UUID id = UuidV7.derived(time, whole, 1);
    assertThat(id).isEqualTo(UuidV7.derived(time, whole, 1));
    assertThat(id.version()).isEqualTo(7);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(1_760_000_000_000L);
    assertThat(id)
        .isNotEqualTo(UuidV7.derived(time, whole, 2))
        .isNotEqualTo(UuidV7.derived(time, UUID.randomUUID(), 1))
        .isNotEqualTo(UuidV7.derived(time.plusMillis(1), whole, 1));
  }
}
