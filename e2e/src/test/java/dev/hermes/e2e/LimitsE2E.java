package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Code that takes too much gets a capped result or a clear error, and the next call works. */
class LimitsE2E {
  private static TestTenant tenant;

  @BeforeAll
  static void smallSandboxes() {
    tenant =
        TestTenant.ready(
            "limits",
            TestTenant.policy(new SandboxPolicySpec.Resources("1", "192Mi", "64Mi", 64), 4));
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  @AfterEach
  void theNextCallWorks() {
    assertThat(tenant.api().python("", "print('alive')")).contains("alive");
  }

  @Test
  @DisplayName("SBX-2 memory over the limit is killed")
  void memory() {
    var answer =
        tenant
            .api()
            .chat(
                "memory",
                "```python\nx = bytearray(100); x = b'x' * (400 << 20); print('SURVIVED', len(x))\n```");
    assertThat(answer.body()).doesNotContain("SURVIVED");
    assertThat(
            tenant.api().python("memory-control", "x = b'x' * (20 << 20); print('fits', len(x))"))
        .contains("fits");
  }

  @Test
  @DisplayName("SBX-2 a call that does not end is stopped at its time limit")
  void time() {
    var start = Instant.now();
    var text = tenant.api().python("time", "while True: pass");
    assertThat(text).containsIgnoringCase("timeout");
    assertThat(Duration.between(start, Instant.now()))
        .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(15));
    assertThat(tenant.api().python("time", "print('same session')")).contains("same session");
  }

  @Test
  @DisplayName("SBX-2 output beyond 50 KB is cut with a marker, 1 GB of it too")
  void output() {
    var text = tenant.api().python("output", "for i in range(1024): print('y' * (1 << 20))");
    assertThat(text.length()).isLessThan(80_000);
    assertThat(text).contains("[output cut at the limit]");
    assertThat(tenant.api().python("output-control", "print('y' * 1000)"))
        .doesNotContain("[output cut");
  }

  @Test
  @DisplayName("SBX-2 a fork bomb is bounded")
  void pids() {
    var text = tenant.api().chat("", "```bash\nf() { f | f & }; f; sleep 3; echo over\n```").body();
    assertThat(text).isNotEmpty();
    var forks =
        tenant
            .api()
            .python(
                "forks",
                """
                import subprocess
                started = []
                try:
                    for i in range(300):
                        started.append(subprocess.Popen(['sleep', '3']))
                    print('STARTED', len(started))
                except Exception as e:
                    print('refused after', len(started), type(e).__name__)
                """);
    assertThat(forks).doesNotContain("STARTED 300");
  }

  @Test
  @DisplayName("SBX-2 local disk is bounded")
  void disk() {
    var text =
        tenant
            .api()
            .chat(
                "disk",
                "```python\nwith open('/tmp/big', 'wb') as f:\n    for i in range(512): f.write(b'x' * (1 << 20))\nprint('WROTE ALL')\n```")
            .body();
    assertThat(text).doesNotContain("WROTE ALL");
  }

  @Test
  @DisplayName("SBX-2 a model that calls a tool for ever is stopped at toolCallsPerRequest")
  void toolLoop() {
    var answer = tenant.api().chat("", "[[loop]]\n```python\nprint('again')\n```");
    assertThat(answer.status()).isIn(200, 422);
    var calls = tenant.api().get("/v1/execution-receipts?limit=100").expect(200).json().get("data");
    assertThat(calls.size()).isPositive();
  }
}
