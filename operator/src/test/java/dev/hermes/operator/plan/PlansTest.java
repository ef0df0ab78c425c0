package dev.hermes.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.TenantSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlansTest {
  private static final Plans PLANS =
      Plans.parse(
          """
          {"default": {"requestsPerMinute": 30},
           "pro": {"requestsPerMinute": 600, "maxConcurrentSandboxes": 20, "maxKeys": 100},
           "free": {"maxKeys": 0}}\
          """);

  private static TenantSpec spec(String yaml) {
    return Serialization.unmarshal(yaml, TenantSpec.class);
  }

  @Test
  @DisplayName("a tenant's own bounds go before its plan's, its plan's before the default's")
  void bounds() {
    assertThat(PLANS.of(spec("plan: pro"))).isEqualTo(new Bounds(600, 20, 100));
    assertThat(PLANS.of(spec("plan: pro\nlimits: {requestsPerMinute: 7}")))
        .isEqualTo(new Bounds(7, 20, 100));
    assertThat(PLANS.of(spec("plan: pro\nsandbox: {maxConcurrent: 3}\napiKeys: {max: 4}")))
        .isEqualTo(new Bounds(600, 3, 4));
    assertThat(PLANS.of(spec("plan: free"))).isEqualTo(new Bounds(30, 10, 0));
    assertThat(PLANS.of(spec("{}"))).isEqualTo(new Bounds(30, 10, 50));
    assertThat(Plans.none().of(spec("{}"))).isEqualTo(new Bounds(60, 10, 50));
  }

  @Test
  @DisplayName("an unknown plan is said, with those there are, and bounds like the default")
  void unknown() {
    TenantSpec spec = spec("plan: gold");
    assertThat(PLANS.outcome(spec).reason()).isEqualTo(Reason.PlanUnknown);
    assertThat(PLANS.outcome(spec).message()).contains("gold", "default, free, pro", "plans");
    assertThat(PLANS.of(spec)).isEqualTo(new Bounds(30, 10, 50));
    assertThat(PLANS.outcome(spec("plan: pro")).isReady()).isTrue();
    assertThat(PLANS.outcome(spec("{}")).isReady()).isTrue();
    assertThat(Plans.none().outcome(spec("plan: pro")).isReady()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"pro\": {\"requestsPerMinute\": 0}} | requestsPerMinute of plan pro must be between 1 and 1000000",
        "{\"pro\": {\"maxConcurrentSandboxes\": 501}} | plan pro must be between 1 and 500",
        "{\"pro\": {\"maxKeys\": -1}} | maxKeys of plan pro",
        "{\"pro\": {\"tokens\": 1}} | tokens",
        "[] | the plans are not what they should be",
        "{ | the plans are not what they should be"
      })
  @DisplayName("a plan that makes no sense stops the start, by its name")
  void refused(String json, String message) {
    assertThatThrownBy(() -> Plans.parse(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
