package dev.hermes.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;

/**
 * Asks a controller to look at one of its resources again; how one capability tells another that
 * something changed without knowing it.
 */
public final class Signal<P extends HasMetadata> {
  private final SimpleInboundEventSource<P> source;

  public Signal(String name) {
    this.source = new SimpleInboundEventSource<>(name);
  }

  public SimpleInboundEventSource<P> source() {
    return source;
  }

  /** Before the controller runs this does nothing: it looks at everything when it starts. */
  public void look(String name) {
    look(new ResourceID(name));
  }

  public void look(ResourceID id) {
    if (source.isRunning()) {
      source.propagateEvent(id);
    }
  }
}
