package dev.hermes.database.id;

import static org.assertj.core.api.Assertions.assertThat;

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
}
