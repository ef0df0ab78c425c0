package dev.hermes.sandbox.pod;

import dev.hermes.crds.effective.EffectivePolicy;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a policy decides of a pod, read from the spec of one that lives. Where another controller
 * makes the pods, an annotation says what its template says now; the spec says what runs. Signing
 * keys are not in it, nor what the API server fills in.
 */
public final class PodShape {
  private PodShape() {}

  /** 32 hex digits. */
  public static String of(EffectivePolicy policy) {
    return of(SandboxPod.spec(policy, "", false));
  }

  public static String of(PodSpec spec) {
    return PolicyHash.of(
        List.of(
            String.valueOf(spec.getRuntimeClassName()),
            spec.getContainers().stream().map(PodShape::container).toList(),
            spec.getVolumes().stream().map(PodShape::volume).toList()));
  }

  private static List<Object> container(Container container) {
    return List.of(
        String.valueOf(container.getImage()),
        container.getCommand(),
        container.getArgs().stream()
            .filter(arg -> !arg.startsWith(DaemonArgs.PUBLIC_KEYS))
            .toList(),
        limits(container));
  }

  /** The API server writes quantities in a form of its own. */
  private static Map<String, String> limits(Container container) {
    Map<String, String> limits = new TreeMap<>();
    if (container.getResources() != null && container.getResources().getLimits() != null) {
      container
          .getResources()
          .getLimits()
          .forEach((name, limit) -> limits.put(name, amount(limit)));
    }
    return limits;
  }

  private static String volume(Volume volume) {
    return volume.getName()
        + (volume.getEmptyDir() == null || volume.getEmptyDir().getSizeLimit() == null
            ? ""
            : " " + amount(volume.getEmptyDir().getSizeLimit()));
  }

  private static String amount(Quantity quantity) {
    return Quantity.getAmountInBytes(quantity).stripTrailingZeros().toPlainString();
  }
}
