package dev.hermes.sandbox.create;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;

/**
 * Creates an object whose name nobody else would choose. The client sends a create again when its
 * answer was lost, and then hears that the object exists: its own.
 */
public final class Once {
  private Once() {}

  /**
   * @return the object as the API server has it
   * @throws KubernetesClientException as the create's; with code 0 the object may be there all the
   *     same
   */
  public static <T> T create(Resource<T> named) {
    try {
      return named.create();
    } catch (KubernetesClientException e) {
      // a quota that two writers meet at is a conflict too
      if (e.getCode() != 409 || !"AlreadyExists".equals(reason(e))) {
        throw e;
      }
      T made = named.get();
      if (made == null) {
        throw e;
      }
      return made;
    }
  }

  private static String reason(KubernetesClientException e) {
    return e.getStatus() == null ? "" : String.valueOf(e.getStatus().getReason());
  }
}
