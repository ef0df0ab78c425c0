package dev.hermes.sandbox.create;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;

/**
 * Creates a pod under a name of its own choice. With one from the API server ({@code generateName})
 * each create that is sent again, for its answer was lost, would make another pod.
 */
public final class OnePod {
  /** As the API server's own endings: no vowels, so no words. */
  private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  /** 27^8 endings: whoever finds the name taken has taken it himself. */
  private static final int ENDING = 8;

  /** The name becomes the pod's host name, a DNS label (RFC 1123). */
  private static final int LONGEST = 63;

  private static final SecureRandom RANDOM = new SecureRandom();

  private OnePod() {}

  /**
   * @param desired without a name; its {@code generateName} begins the name
   * @return the pod as the API server has it
   * @throws KubernetesClientException as the create's; with code 0 the pod may be there all the
   *     same
   */
  public static Pod create(KubernetesClient kubernetes, Pod desired) {
    return Once.create(kubernetes.resource(named(desired)));
  }

  private static Pod named(Pod desired) {
    String prefix = desired.getMetadata().getGenerateName();
    StringBuilder name =
        new StringBuilder(prefix.substring(0, Math.min(prefix.length(), LONGEST - ENDING)));
    for (int i = 0; i < ENDING; i++) {
      name.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
    }
    return new PodBuilder(desired)
        .editMetadata()
        .withGenerateName(null)
        .withName(name.toString())
        .endMetadata()
        .build();
  }
}
