package dev.hermes.egress.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.destination.AllowList;
import dev.hermes.egress.destination.Destination;
import dev.hermes.egress.destination.Narrowing;
import dev.hermes.egress.testing.Tokens;
import dev.hermes.sandbox.daemon.TokenSigner;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AccessTest {
  private static final Destination INDEX = Destination.parse("index.example.com:443").orElseThrow();
  private static final Destination PLATFORM =
      Destination.parse("platform.hermes.internal:80").orElseThrow();

  private final Tokens tokens = new Tokens();
  private final Registry registry = new Registry();
  private final TokenVerifier verifier =
      new TokenVerifier(
          () -> List.of(new Tokens().pair().getPublic(), tokens.pair().getPublic()),
          Clock.systemUTC());
  private final Access access =
      new Access(registry, verifier, new Access.Callback(PLATFORM, Set.of("/v1/me")));

  static Sandbox sandbox(String uid, String ip, boolean claimed, String started) {
    return sandbox(uid, ip, claimed, started, Narrowing.NOT);
  }

  private static Sandbox sandbox(
      String uid, String ip, boolean claimed, String started, Narrowing narrowing) {
    return new Sandbox(
        uid,
        ip,
        "hermes-acme-1",
        "sbx-1",
        "acme",
        "id-acme",
        "default",
        "sb-1",
        claimed,
        narrowing,
        started);
  }

  private void narrow(String annotation) {
    registry.put(
        sandbox(
            "uid-1",
            "10.0.0.7",
            true,
            "2026-01-01T00:00:00Z",
            Narrowing.of(Optional.ofNullable(annotation))));
  }

  @BeforeEach
  void known() {
    registry.put(sandbox("uid-1", "10.0.0.7", true, "2026-01-01T00:00:00Z"));
    registry.put(
        new TenantState("acme", "id-acme", "hermes-acme-1", false, Set.of("default", "other")));
    registry.put(new PolicyState("default", AllowList.of(List.of("index.example.com:443")), true));
  }

  private EgressReason refusal(String ip, String header) {
    return access.identify(ip, Optional.ofNullable(header)) instanceof Verdict.Refused refused
        ? refused.refusal().reason()
        : null;
  }

  private Optional<EgressReason> refusal(Destination to) {
    return access
        .refuses(sandbox("uid-1", "10.0.0.7", true, ""), to)
        .map(refusal -> refusal.reason());
  }

  @Test
  @DisplayName("SBX-8 token and address of one claimed pod: known")
  void known1() {
    assertThat(access.identify("10.0.0.7", Optional.of(Tokens.basic(tokens.of("uid-1")))))
        .isInstanceOf(Verdict.Known.class);
  }

  @Test
  @DisplayName("a token that is not the API's, not for this proxy, or too long is not valid")
  void invalid() {
    long now = Instant.now().getEpochSecond();
    String good =
        "{\"aud\":\"egress\",\"sub\":\"uid-1\",\"iat\":%d,\"exp\":%d}".formatted(now, now + 60);
    assertThat(refusal("10.0.0.7", Tokens.basic(tokens.claims(good)))).as("control").isNull();

    for (String bad :
        List.of(
            new Tokens().claims(good),
            tokens.signed("{\"alg\":\"none\"}", good),
            tokens.signed("{\"alg\":\"HS256\"}", good),
            tokens.signed("{\"alg\":\"EdDSA\",\"crit\":[\"x\"]}", good),
            tokens.signed("{\"alg\":\"none\",\"alg\":\"EdDSA\"}", good),
            tokens.claims(good.replace("egress", "uid-1")),
            tokens.claims(good.replace("\"egress\"", "[\"egress\"]")),
            tokens.claims(good.replace("uid-1", "")),
            tokens.claims(good.replace(",\"exp\"", ",\"exq\"")),
            tokens.claims(good.replace("\"iat\":" + now, "\"iat\":" + (now + 300))),
            tokens.claims(good.replace("\"exp\":" + (now + 60), "\"exp\":" + (now + 90_000))),
            tokens.claims(good.replace("\"iat\":" + now, "\"iat\":\"" + now + "\"")),
            // the daemon's own token of this very pod
            new TokenSigner(tokens.pair().getPrivate()).sign("uid-1"),
            tokens.claims(good) + "x",
            tokens.claims(good).substring(0, 40),
            tokens.claims(good).replaceAll("\\.[^.]*$", "."),
            "",
            "..")) {
      assertThat(refusal("10.0.0.7", Tokens.basic(bad)))
          .as(bad)
          .isEqualTo(EgressReason.TokenInvalid);
    }
    String token = tokens.of("uid-1");
    for (String header :
        List.of(
            "Bearer " + token,
            "Basic " + token,
            "Basic !!!",
            "Basic " + Base64.getEncoder().encodeToString(("root:" + token).getBytes()),
            "Basic " + "A".repeat(3000))) {
      assertThat(refusal("10.0.0.7", header)).isEqualTo(EgressReason.TokenInvalid);
    }
    assertThat(refusal("10.0.0.7", null)).isEqualTo(EgressReason.TokenMissing);
    assertThat(refusal("10.0.0.7", Tokens.basic(tokens.expired("uid-1"))))
        .isEqualTo(EgressReason.TokenExpired);
  }

  @Test
  @DisplayName("another address, another pod's token, a warm pod")
  void mismatch() {
    registry.put(sandbox("uid-2", "10.0.0.8", true, "2026-01-01T00:00:00Z"));
    registry.put(sandbox("uid-3", "10.0.0.9", false, "2026-01-01T00:00:00Z"));
    String one = Tokens.basic(tokens.of("uid-1"));
    assertThat(refusal("10.0.0.99", one)).isEqualTo(EgressReason.SandboxUnknown);
    assertThat(refusal("10.0.0.8", one)).isEqualTo(EgressReason.AddressMismatch);
    assertThat(refusal("10.0.0.7", Tokens.basic(tokens.of("uid-2"))))
        .isEqualTo(EgressReason.AddressMismatch);
    assertThat(refusal("10.0.0.9", Tokens.basic(tokens.of("uid-3"))))
        .isEqualTo(EgressReason.SandboxNotClaimed);
    assertThat(refusal("10.0.0.8", Tokens.basic(tokens.of("uid-2")))).as("control").isNull();
  }

  @Test
  @DisplayName("a recycled address is the younger pod's at once, and the old token ends there")
  void recycled() {
    registry.put(sandbox("uid-9", "10.0.0.7", true, "2026-01-02T00:00:00Z"));
    assertThat(refusal("10.0.0.7", Tokens.basic(tokens.of("uid-1"))))
        .isEqualTo(EgressReason.AddressMismatch);
    assertThat(refusal("10.0.0.7", Tokens.basic(tokens.of("uid-9")))).isNull();
    registry.removeSandbox("uid-1");
    assertThat(refusal("10.0.0.7", Tokens.basic(tokens.of("uid-9")))).isNull();
    registry.removeSandbox("uid-9");
    assertThat(refusal("10.0.0.7", Tokens.basic(tokens.of("uid-9"))))
        .isEqualTo(EgressReason.SandboxUnknown);
  }

  @Test
  @DisplayName("what is listed, and each thing whose end ends it")
  void destinations() {
    assertThat(refusal(INDEX)).as("control").isEmpty();
    assertThat(refusal(Destination.parse("other.example.com:443").orElseThrow()))
        .contains(EgressReason.HostNotAllowed);
    assertThat(refusal(Destination.parse("10.0.0.1:443").orElseThrow()))
        .contains(EgressReason.AddressLiteral);

    registry.put(new TenantState("acme", "id-acme", "hermes-acme-1", true, Set.of("default")));
    assertThat(refusal(INDEX)).contains(EgressReason.TenantSuspended);
    registry.put(new TenantState("acme", "id-acme", "hermes-acme-1", false, Set.of("other")));
    assertThat(refusal(INDEX)).contains(EgressReason.PolicyUnknown);
    // a namespace of somebody who only wrote our labels
    registry.put(new TenantState("acme", "id-acme", "hermes-acme-2", false, Set.of("default")));
    assertThat(refusal(INDEX)).contains(EgressReason.TenantUnknown);
    // a Tenant of the same name that came after
    registry.put(new TenantState("acme", "id-new", "hermes-acme-1", false, Set.of("default")));
    assertThat(refusal(INDEX)).contains(EgressReason.TenantUnknown);
    registry.removeTenant("acme");
    assertThat(refusal(INDEX)).contains(EgressReason.TenantUnknown);
    known();
    assertThat(refusal(INDEX)).as("control").isEmpty();
    registry.put(new PolicyState("default", AllowList.NONE, false));
    assertThat(refusal(INDEX)).contains(EgressReason.HostNotAllowed);
    registry.removePolicy("default");
    assertThat(refusal(INDEX)).contains(EgressReason.PolicyUnknown);
    known();
    registry.removeSandbox("uid-1");
    assertThat(refusal(INDEX)).contains(EgressReason.SandboxUnknown);
  }

  @Test
  @DisplayName("SBX-10 call-backs: where the policy has them, at listed paths written plainly")
  void callback() {
    assertThat(access.isCallback(PLATFORM)).isTrue();
    assertThat(access.isCallback(Destination.parse("platform.hermes.internal:81").orElseThrow()))
        .isFalse();
    assertThat(refusal(PLATFORM)).isEmpty();
    assertThat(access.refusesPath("/v1/me")).isEmpty();
    for (String path : List.of("/", "/v1/me/", "/v1/keys", "/v1/../v1/me", "/v1//me", "/v1/%6de")) {
      assertThat(access.refusesPath(path)).as(path).isPresent();
    }
    registry.put(new PolicyState("default", AllowList.of(List.of("*.hermes.internal:80")), false));
    assertThat(refusal(PLATFORM)).contains(EgressReason.CallbackNotAllowed);
  }

  @Test
  @DisplayName("SBX-8 a sandbox's own list narrows what the policy allows and never widens it")
  void narrowed() {
    Destination other = Destination.parse("other.example.com:443").orElseThrow();
    for (String fits :
        List.of(
            "index.example.com",
            "index.example.com:443",
            "*.example.com",
            "*.example.com:443",
            "a.example,index.example.com")) {
      narrow(fits);
      assertThat(refusal(INDEX)).as(fits).isEmpty();
      assertThat(refusal(other)).as("more than the policy").contains(EgressReason.HostNotAllowed);
    }
    for (String less :
        List.of(
            "none",
            "other.example.com",
            "index.example.com:80",
            "*.index.example.com",
            "*.other.example",
            // not understood: nothing
            "",
            "*",
            "index.example.com,",
            "INDEX.example.com",
            "other.example.com,index.example.com,",
            "none,index.example.com",
            "index.example.com,a.example")) {
      narrow(less);
      assertThat(refusal(INDEX)).as(less).contains(EgressReason.HostNotInSandboxNetwork);
      assertThat(refusal(other)).as(less).contains(EgressReason.HostNotAllowed);
    }
    // the platform is a destination like others
    narrow("none");
    assertThat(refusal(PLATFORM)).contains(EgressReason.HostNotInSandboxNetwork);
    narrow("platform.hermes.internal");
    assertThat(refusal(PLATFORM)).isEmpty();
    narrow(null);
    assertThat(refusal(INDEX)).as("control").isEmpty();
    assertThat(refusal(PLATFORM)).as("control").isEmpty();
  }

  @Test
  @DisplayName("listeners hear of what changed, and not of what did not")
  void changes() {
    int[] heard = {0};
    registry.onChange(() -> heard[0]++);
    registry.put(sandbox("uid-1", "10.0.0.7", true, "2026-01-01T00:00:00Z"));
    registry.removeTenant("nobody");
    assertThat(heard[0]).isZero();
    registry.removeTenant("acme");
    assertThat(heard[0]).isEqualTo(1);
  }
}
