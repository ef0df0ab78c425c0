package dev.hermes.api.metric;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TenantLabelTest {
  private static final int NAMES = 10_000;
  private static final int MOST = 1_000;

  private final TenantLabel labels = new TenantLabel(MOST);
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  private List<String> countedAs(Function<TenantId, String> label) {
    IntStream.range(0, 2 * NAMES)
        .mapToObj(i -> new TenantId(new UUID(1, i % NAMES)))
        .forEach(
            tenant -> registry.counter("seen", TenantLabel.TAG, label.apply(tenant)).increment());
    return registry.find("seen").counters().stream()
        .map(counter -> String.valueOf(counter.getId().getTag(TenantLabel.TAG)))
        .toList();
  }

  @Test
  @DisplayName(
      "OBS-1 10,000 tenants make 1,001 series: the first 1,000 and the others; none is lost")
  void asked() {
    assertThat(countedAs(labels::of)).hasSize(MOST + 1).contains(TenantLabel.OTHER);
    assertThat(registry.get("seen").tag(TenantLabel.TAG, TenantLabel.OTHER).counter().count())
        .isEqualTo(2.0 * (NAMES - MOST));
    assertThat(
            registry.get("seen").tag(TenantLabel.TAG, new UUID(1, 0).toString()).counter().count())
        .isEqualTo(2);
  }

  @Test
  @DisplayName("OBS-1 as a filter of the registry it bounds those who count by the bare name too")
  void filtered() {
    registry.config().meterFilter(labels);
    assertThat(countedAs(TenantId::toString)).hasSize(MOST + 1).contains(TenantLabel.OTHER);
  }

  @Test
  @DisplayName("the control: without it there are 10,000")
  void unbounded() {
    assertThat(countedAs(TenantId::toString)).hasSize(NAMES);
  }

  @Test
  @DisplayName("whoever has a name keeps it; no tenant is a name that takes nobody's place")
  void kept() {
    TenantLabel two = new TenantLabel(2);
    assertThat(two.map(id("")).getTag(TenantLabel.TAG)).isEmpty();
    TenantId first = new TenantId(new UUID(2, 1));
    TenantId second = new TenantId(new UUID(2, 2));
    assertThat(two.of(first)).isEqualTo(first.toString());
    assertThat(two.of(second)).isEqualTo(second.toString());
    assertThat(two.of(new TenantId(new UUID(2, 3)))).isEqualTo(TenantLabel.OTHER);
    assertThat(two.of(first)).isEqualTo(first.toString());
    assertThat(two.map(id("made-up")).getTag(TenantLabel.TAG)).isEqualTo(TenantLabel.OTHER);
    assertThat(two.map(id(second.toString())).getTag(TenantLabel.TAG)).isEqualTo(second.toString());
  }

  private static Meter.Id id(String tenant) {
    return new Meter.Id(
        "seen",
        io.micrometer.core.instrument.Tags.of(TenantLabel.TAG, tenant),
        null,
        null,
        Meter.Type.COUNTER);
  }
}
