package dev.hermes.operator.kube;

import dev.hermes.crds.ConditionType;
import dev.hermes.database.id.UuidV7;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people of a change of state as a Kubernetes Event. Never fails a reconciliation: an Event
 * that cannot be written is logged.
 */
public final class Events {
  private static final Logger log = LoggerFactory.getLogger(Events.class);
  private static final DateTimeFormatter MICRO =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final int MAX_NOTE = 1000;

  private final KubernetesClient kubernetes;
  private final String instance;
  private final Clock clock;

  public Events(KubernetesClient kubernetes, String instance, Clock clock) {
    this.kubernetes = kubernetes;
    this.instance = instance;
    this.clock = clock;
  }

  /** One Event when Ready changed its status or reason. */
  public void readyChanged(HasMetadata regarding, List<Condition> before, List<Condition> after) {
    Optional<Condition> old = Conditions.find(before, ConditionType.Ready);
    Conditions.find(after, ConditionType.Ready)
        .filter(now -> old.filter(o -> same(o, now)).isEmpty())
        .ifPresent(now ->
            publish(
                regarding,
                "True".equals(now.getStatus()) ? "Normal" : type(now),
                now.getReason(),
                now.getMessage()));
  }

  public void publish(HasMetadata regarding, String type, String reason, String note) {
    publish(regarding, type, reason, note, UuidV7.next());
  }

  /**
   * Not a second time when a process that died after it comes back: its name follows from the
   * cause.
   */
  public void publishOnce(
      HasMetadata regarding, String type, String reason, String note, String cause) {
    String identity = regarding.getMetadata().getUid() + " " + cause;
    publish(
        regarding,
        type,
        reason,
        note,
        UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8)));
  }

  private void publish(HasMetadata regarding, String type, String reason, String note, UUID name) {
    String namespace =
        Objects.requireNonNullElse(regarding.getMetadata().getNamespace(), "default");
    try {
      kubernetes
          .resource(
              new EventBuilder()
                  .withNewMetadata()
                  .withName(
                      regarding.getMetadata().getName()
                          + "."
                          + name.toString().replace("-", "").substring(16))
                  .withNamespace(namespace)
                  .endMetadata()
                  .withEventTime(new MicroTime(MICRO.format(clock.instant())))
                  .withReportingController("hermes.dev/operator")
                  .withReportingInstance(instance)
                  .withAction("Reconcile")
                  .withType(type)
                  .withReason(reason)
                  .withNote(note.length() > MAX_NOTE ? note.substring(0, MAX_NOTE) : note)
                  .withRegarding(
                      new ObjectReferenceBuilder()
                          .withApiVersion(regarding.getApiVersion())
                          .withKind(regarding.getKind())
                          .withName(regarding.getMetadata().getName())
                          .withNamespace(regarding.getMetadata().getNamespace())
                          .withUid(regarding.getMetadata().getUid())
                          .build())
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != 409) {
        log.warn("event {} not written: {}", reason, e.getMessage());
      }
    }
  }

  private static boolean same(Condition a, Condition b) {
    return Objects.equals(a.getStatus(), b.getStatus())
        && Objects.equals(a.getReason(), b.getReason());
  }

  /** Being on the way is no reason to warn. */
  private static String type(Condition condition) {
    String reason = condition.getReason();
    boolean onTheWay =
        reason.startsWith("Waiting") || "Progressing".equals(reason) || "Suspended".equals(reason);
    return onTheWay ? "Normal" : "Warning";
  }
}
