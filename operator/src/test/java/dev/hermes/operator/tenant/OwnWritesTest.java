package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.LimitRangeBuilder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OwnWritesTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final OwnWrites writes = new OwnWrites(nanos::get);

  private static LimitRange at(String version) {
    return new LimitRangeBuilder()
        .withNewMetadata()
        .withNamespace("tenant-a")
        .withName("sandbox")
        .withResourceVersion(version)
        .endMetadata()
        .build();
  }

  private Optional<LimitRange> seen(Optional<LimitRange> cached) {
    return writes.newest(LimitRange.class, "tenant-a", "sandbox", cached);
  }

  @Test
  @DisplayName(
      "K8S-10 a write is known before the watch tells of it, for a new object and a changed one")
  void known() {
    assertThat(seen(Optional.empty())).as("control").isEmpty();
    writes.add(at("5"), Optional.empty());
    assertThat(seen(Optional.empty())).contains(at("5"));
    writes.add(at("9"), Optional.of(at("5")));
    assertThat(seen(Optional.of(at("5")))).contains(at("9"));
    assertThat(writes.newest(LimitRange.class, "tenant-b", "sandbox", Optional.empty())).isEmpty();
  }

  @Test
  @DisplayName("K8S-10 what the watch tells wins, and is not taken back")
  void overtaken() {
    writes.add(at("9"), Optional.of(at("5")));
    assertThat(seen(Optional.of(at("9")))).contains(at("9"));
    assertThat(seen(Optional.of(at("5")))).as("the write is forgotten").contains(at("5"));
    writes.add(at("9"), Optional.of(at("5")));
    assertThat(seen(Optional.empty())).as("it was deleted").isEmpty();
  }

  @Test
  @DisplayName(
      "K8S-10 an object that vanished while the watch was cut is held for there 10 s at most")
  void bounded() {
    writes.add(at("5"), Optional.empty());
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(OwnWrites.TRUSTED_SECONDS) - 1);
    assertThat(seen(Optional.empty())).isPresent();
    nanos.incrementAndGet();
    assertThat(seen(Optional.empty())).isEmpty();
  }

  @Test
  @DisplayName(
      "K8S-2 made by us, seen, and deleted by somebody: gone, though the cache is as before")
  void deletedAgain() {
    writes.add(at("5"), Optional.empty());
    writes.told(at("4"));
    assertThat(seen(Optional.empty())).as("an older word is late").isPresent();
    writes.told(at("5"));
    assertThat(seen(Optional.empty())).isEmpty();
    writes.add(at("7"), Optional.empty());
    writes.told(at("9"));
    assertThat(seen(Optional.empty())).as("the deletion alone was heard").isEmpty();
  }
}
