package dev.hermes.sandbox.pod;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec.Limits;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.List;

/** Command line of the daemon: everything it knows of its policy. No secret is in it. */
final class DaemonArgs {
  static final String PUBLIC_KEYS = "--public-keys=";

  /**
   * A pod that waits in a pool has the Python context up. One that was made for somebody starts it
   * with the first call, or when the burst it may be part of is over: an interpreter costs half a
   * second of CPU, which others wait for.
   */
  private static final String LATER = "--warm-after=15s";

  private DaemonArgs() {}

  static List<String> of(EffectivePolicy policy, String publicKeys, boolean claimed) {
    List<String> args = new ArrayList<>(ofPolicy(policy, publicKeys));
    if (claimed) {
      args.add(LATER);
    }
    return args;
  }

  private static List<String> ofPolicy(EffectivePolicy policy, String publicKeys) {
    Limits limits = policy.limits();
    return List.of(
        "--listen=:" + Names.DAEMON_PORT,
        "--uid-file=" + SandboxPod.UID_DIR + "/uid",
        "--home=" + SandboxPod.HOME,
        PUBLIC_KEYS + publicKeys,
        "--deny=" + String.join(",", policy.denyTargets()),
        "--pids=" + policy.resources().pids(),
        "--concurrent-execs=" + limits.concurrentExecs(),
        "--output-bytes=" + limits.outputBytes(),
        "--stderr-bytes=" + limits.stderrBytes(),
        "--exec-timeout=" + limits.execTimeoutSeconds() + "s",
        "--file-size="
            + Quantity.getAmountInBytes(new Quantity(policy.resources().ephemeralStorage()))
                .toBigInteger());
  }
}
