package dev.hermes.operator.apikey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.apikey.ApiKeyStatus;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.provision.KeyRow;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.operator.testing.Golden;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class KeysTest {
  private static final RawKey RAW = ApiKeyFormat.mint(new SecureRandom());
  private static final KeyRow ROW =
      Rows.current("000000000000", Fixtures.NOW.minus(Duration.ofDays(80)), 90);
  private static final KeyRing RING = new KeyRing(List.of(ROW));

  private static ApiKey key(String name, Role role, Scope scope) {
    ApiKey key = new ApiKey();
    key.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withNamespace("apps")
            .withUid("uid-" + name)
            .withGeneration(1L)
            .withCreationTimestamp("2026-08-01T12:00:0" + name.length() % 10 + "Z")
            .build());
    key.setSpec(
        new ApiKeySpec(
            new ApiKeySpec.TenantRef("acme"), List.of(role), List.of(scope), null, 90, null));
    return key;
  }

  private static TenantSpec tenant(int max) {
    TenantSpec spec = TenantSpec.defaults();
    return new TenantSpec(
        "",
        null,
        false,
        spec.database(),
        new TenantSpec.ApiKeys(
            List.of(
                new TenantSpec.KeyNamespace(
                    "apps", List.of(Role.USER), List.of(Scope.READ, Scope.EXECUTE))),
            max),
        spec.models(),
        spec.tools(),
        spec.sandbox(),
        spec.limits(),
        spec.deletion(),
        spec.legalHold(),
        spec.adopt(),
        spec.mcpServers());
  }

  private static Optional<Reason> refusal(String namespace, Role role, Scope scope) {
    return KeyCeiling.refusal(tenant(5), namespace, key("k", role, scope).getSpec())
        .map(Refusal::reason);
  }

  @Test
  @DisplayName("a namespace gets what the Tenant lists for it and nothing above")
  void ceiling() {
    assertThat(refusal("apps", Role.USER, Scope.READ)).isEmpty();
    assertThat(refusal("other", Role.USER, Scope.READ)).contains(Reason.NamespaceNotAllowed);
    assertThat(refusal("apps", Role.ADMIN, Scope.READ)).contains(Reason.RoleNotAllowed);
    assertThat(refusal("apps", Role.USER, Scope.GDPR)).contains(Reason.ScopeNotAllowed);
  }

  @Test
  @DisplayName("of two that ask for the last place the older gets it, whoever asks first")
  void places() {
    ApiKey older = key("a", Role.USER, Scope.READ);
    ApiKey younger = key("bb", Role.USER, Scope.READ);
    List<ApiKey> all = List.of(younger, older);

    assertThat(KeyCensus.hasPlace(older, all, tenant(1), 1)).isTrue();
    assertThat(KeyCensus.hasPlace(younger, all, tenant(1), 1)).isFalse();
    assertThat(KeyCensus.hasPlace(younger, all, tenant(2), 2)).isTrue();
  }

  @Test
  @DisplayName("issued keys keep their places; refused, revoked and leaving ones take none")
  void taken() {
    ApiKey asking = key("a", Role.USER, Scope.READ);
    ApiKey issued = key("bb", Role.USER, Scope.READ);
    issued.setStatus(KeyStatuses.of(issued, new KeyOutcome.Issued(RING, false), Fixtures.NOW));
    ApiKey revoked = key("ccc", Role.USER, Scope.READ);
    revoked.setStatus(
        KeyStatuses.of(
            revoked, new KeyOutcome.Ended(Reason.KeyRevoked, "over", RING), Fixtures.NOW));
    ApiKey tooMuch = key("dddd", Role.ADMIN, Scope.READ);
    ApiKey leaving = key("eeeee", Role.USER, Scope.READ);
    leaving.getMetadata().setDeletionTimestamp(Fixtures.NOW.toString());

    assertThat(KeyCensus.hasPlace(asking, List.of(asking, issued), tenant(1), 1)).isFalse();
    assertThat(KeyCensus.hasPlace(asking, List.of(revoked, tooMuch, leaving, asking), tenant(1), 1))
        .isTrue();
  }

  @Test
  @DisplayName("the Secret is typed, immutable, ours by UID, and goes with its APIKey")
  void secret() {
    Secret secret =
        KeySecret.desired(
            key("intake", Role.USER, Scope.READ), RAW, "http://api", Optional.empty());

    assertThat(KeySecret.read(secret)).contains(RAW);
    Golden.matches(
        "apikey/secret",
        new SecretBuilder(secret)
            .addToData(Names.KEY_SECRET_KEY, "")
            .addToData(Names.KEY_SECRET_ID, "")
            .build());
  }

  @Test
  @DisplayName("a Secret of another type or another object's is foreign")
  void foreign() {
    ApiKey key = key("intake", Role.USER, Scope.READ);
    Secret ours = KeySecret.desired(key, RAW, "http://api", Optional.empty());

    assertThat(KeySecret.isOurs(ours, key)).isTrue();
    assertThat(KeySecret.isOurs(new SecretBuilder(ours).withType("Opaque").build(), key)).isFalse();
    assertThat(KeySecret.isOurs(ours, key("other", Role.USER, Scope.READ))).isFalse();
    assertThat(
            KeySecret.read(
                new SecretBuilder(ours).addToData(Names.KEY_SECRET_KEY, "!not base64").build()))
        .isEmpty();
  }

  @Test
  void statusIssued() {
    ApiKey key = key("intake", Role.USER, Scope.READ);
    Golden.matches(
        "apikey/status-issued",
        KeyStatuses.of(key, new KeyOutcome.Issued(RING, false), Fixtures.NOW));
  }

  @Test
  @DisplayName("each outcome has its conditions")
  void outcomes() {
    ApiKey key = key("intake", Role.USER, Scope.READ);

    ApiKeyStatus suspended = KeyStatuses.of(key, new KeyOutcome.Issued(RING, true), Fixtures.NOW);
    ApiKeyStatus lowered =
        KeyStatuses.of(
            key,
            new KeyOutcome.Refused(new Refusal(Reason.RoleNotAllowed, "no"), RING),
            Fixtures.NOW);
    ApiKeyStatus missing =
        KeyStatuses.of(
            key, new KeyOutcome.NotDelivered(Reason.SecretMissing, "gone", RING), Fixtures.NOW);

    assertThat(reason(suspended, ConditionType.Ready)).contains("TenantSuspended");
    assertThat(reason(suspended, ConditionType.Issued)).contains("Issued");
    assertThat(reason(lowered, ConditionType.Ready)).contains("RoleNotAllowed");
    assertThat(reason(lowered, ConditionType.Revoked)).contains("RoleNotAllowed");
    assertThat(reason(missing, ConditionType.Delivered)).contains("SecretMissing");
    assertThat(reason(missing, ConditionType.Issued)).contains("Issued");
  }

  private static Optional<String> reason(ApiKeyStatus status, ConditionType type) {
    return Conditions.find(status.conditions(), type).map(c -> c.getReason());
  }
}
