package dev.hermes.egress.report;

import dev.hermes.egress.access.Sandbox;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells people of a denial as an Event on the sandbox's pod: each kind once in ten minutes. */
public final class PodEvents {
  private static final Logger log = LoggerFactory.getLogger(PodEvents.class);
  private static final DateTimeFormatter MICRO =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final KubernetesClient kubernetes;
  private final String instance;

  /** Its own thread, so that a slow API server holds up neither log nor report. */
  private final Executor thread =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(100),
          task -> Thread.ofPlatform().name("events").daemon().unstarted(task),
          new ThreadPoolExecutor.DiscardPolicy());

  private final Pace same = new Pace(1, Duration.ofMinutes(10).toNanos(), System::nanoTime);
  private final Pace all = new Pace(300, Duration.ofMinutes(1).toNanos(), System::nanoTime);
  private final Pace ofPod = new Pace(10, Duration.ofMinutes(10).toNanos(), System::nanoTime);

  public PodEvents(KubernetesClient kubernetes, String instance) {
    this.kubernetes = kubernetes;
    this.instance = instance;
  }

  /** Writes it soon, or not at all: people have the log and the report as well. */
  void publish(Denied denied) {
    denied
        .sandbox()
        .filter(sandbox -> isDue(sandbox, denied))
        .ifPresent(sandbox -> thread.execute(() -> write(event(sandbox, denied, instance))));
  }

  private void write(Event event) {
    try {
      kubernetes.resource(event).create();
    } catch (KubernetesClientException e) {
      log.warn("event not written: {}", e.getMessage());
    }
  }

  private boolean isDue(Sandbox sandbox, Denied denied) {
    return same.allows(sandbox.uid() + " " + denied.destination() + " " + denied.refusal().reason())
        && ofPod.allows(sandbox.uid())
        && all.allows("");
  }

  static Event event(Sandbox sandbox, Denied denied, String instance) {
    return new EventBuilder()
        .withNewMetadata()
        .withName(sandbox.pod() + "." + UUID.randomUUID().toString().replace("-", "").substring(16))
        .withNamespace(sandbox.namespace())
        .endMetadata()
        .withEventTime(new MicroTime(MICRO.format(denied.time())))
        .withReportingController("hermes.dev/egress")
        .withReportingInstance(instance)
        .withAction("Connect")
        .withType("Warning")
        .withReason("Egress" + denied.refusal().reason().name())
        .withNote(denied.destination().map(to -> to + ": ").orElse("") + denied.refusal().message())
        .withRegarding(
            new ObjectReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(sandbox.pod())
                .withNamespace(sandbox.namespace())
                .withUid(sandbox.uid())
                .build())
        .build();
  }
}
