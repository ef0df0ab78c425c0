package dev.hermes.sandbox.pod;

import dev.hermes.crds.effective.EffectivePolicy;
import java.util.List;

/**
 * What decides a canary pod: a sandbox in everything but what runs in it.
 *
 * @param check label of what it looks at, a word
 * @param arguments of the daemon's probe
 * @param deadlineSeconds after its start the kubelet ends it, whoever forgot it
 */
public record CanaryPodRequest(
    String namespace,
    String name,
    String check,
    EffectivePolicy policy,
    List<String> arguments,
    long deadlineSeconds) {
  public CanaryPodRequest {
    arguments = List.copyOf(arguments);
  }
}
