package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.provision.IsolationSelfTest;
import dev.hermes.operator.testing.Fixtures;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SelfTestStepTest {
  private static final UUID ID = UUID.fromString("0198f5b2-0000-7000-8000-00005c1e9a77");
  private static final int SCHEMA = 7;
  private static final long GENERATION = 3;

  /** Of a new process, whose database is away: to run the test is to fail. */
  private static SelfTestStep step() {
    DataSource away =
        (DataSource)
            Proxy.newProxyInstance(
                SelfTestStepTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                  throw new SQLException("the self-test ran");
                });
    return new SelfTestStep(
        new IsolationSelfTest(away), SCHEMA, Clock.fixed(Fixtures.NOW, ZoneOffset.UTC));
  }

  private static Tenant tenant(
      UUID id, int schema, long generation, String time, boolean verified) {
    Conditions conditions = Conditions.replacing(List.of(), generation, Fixtures.NOW);
    if (verified) {
      conditions.isTrue(ConditionType.IsolationVerified, Reason.Passed, "passed");
    } else {
      conditions.isFalse(ConditionType.IsolationVerified, Reason.SelfTestFailed, "failed");
    }
    return Fixtures.tenant(
        "acme",
        TenantSpec.defaults(),
        new TenantStatus(
            generation,
            id.toString(),
            null,
            new TenantStatus.Database(
                TenantSpec.defaults().database().isolation(), Integer.toString(schema)),
            null,
            null,
            new TenantStatus.SelfTest(time, "Passed"),
            conditions.toList()));
  }

  private static String ago(Duration duration) {
    return Fixtures.NOW.minus(duration).toString();
  }

  @Test
  @DisplayName("K8S-10 after a restart the last test counts until its hour is over: no write")
  void restart() {
    Tenant tenant = tenant(ID, SCHEMA, GENERATION, ago(Duration.ofMinutes(59)), true);
    SelfTestStep.Result result = step().run(tenant, ID);

    assertThat(result.toStatus()).isEqualTo(tenant.getStatus().lastSelfTest());
    assertThat(result.outcome().reason()).isEqualTo(Reason.Passed);
  }

  @Test
  @DisplayName("TEN-13 a test that is old, failed, or of something else is run again")
  void again() {
    Duration recent = Duration.ofMinutes(1);
    List.of(
            tenant(ID, SCHEMA, GENERATION, ago(Duration.ofHours(1)), true),
            tenant(ID, SCHEMA, GENERATION, ago(recent.negated()), true),
            tenant(ID, SCHEMA, GENERATION, "yesterday", true),
            tenant(ID, SCHEMA, GENERATION, ago(recent), false),
            tenant(ID, SCHEMA, GENERATION - 1, ago(recent), true),
            tenant(ID, SCHEMA - 1, GENERATION, ago(recent), true),
            tenant(UUID.randomUUID(), SCHEMA, GENERATION, ago(recent), true),
            Fixtures.tenant("acme", TenantSpec.defaults(), null))
        .forEach(tenant ->
            assertThatThrownBy(() -> step().run(tenant, ID))
                .hasMessageContaining("the self-test ran"));
  }
}
