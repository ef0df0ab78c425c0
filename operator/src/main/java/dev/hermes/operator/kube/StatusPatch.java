package dev.hermes.operator.kube;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;

/**
 * A resource that holds nothing but its name and a status: what a server-side apply of the status
 * sends, so that no field of the user's is ever ours.
 */
public final class StatusPatch {
  private StatusPatch() {}

  public static <S, T, R extends CustomResource<S, T>> R of(R empty, R of, T status) {
    empty.setMetadata(
        new ObjectMetaBuilder()
            .withName(of.getMetadata().getName())
            .withNamespace(of.getMetadata().getNamespace())
            .build());
    empty.setStatus(status);
    return empty;
  }
}
