package dev.hermes.operator.apikey;

import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.apikey.ApiKeyStatus;
import dev.hermes.database.key.Pepper;
import dev.hermes.operator.kube.ErrorCounter;
import dev.hermes.operator.kube.Events;
import dev.hermes.operator.kube.Failure;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Sampler;
import dev.hermes.operator.kube.Signal;
import dev.hermes.operator.kube.StatusPatch;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.notice.Mailer;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.provision.KeyRow;
import dev.hermes.operator.provision.KeyRows;
import dev.hermes.operator.provision.TenantRows;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Gives an app the key it asks for, within what the Tenant allows, and takes it back. */
public final class ApiKeyReconciler implements Reconciler<ApiKey>, Cleaner<ApiKey> {
  private final Parts parts;
  private final KeyIssue issue;
  private final SecretAccess secrets;
  private final KeyNotices notices;
  private final Consumer<String> tenantSignal;
  private final Signal<ApiKey> signal;
  private final Events events;
  private final ErrorCounter errors;
  private final Halt halt;
  private final Sampler sampler;
  private final Clock clock;
  private volatile @Nullable KeyCensus census;

  /**
   * What the process has for it.
   *
   * @param noticeResults counts notices, {@code sent} or {@code failed}
   */
  public record Parts(
      KubernetesClient kubernetes,
      KeyRows keys,
      TenantRows tenants,
      Plans plans,
      Pepper pepper,
      String apiUrl,
      Optional<Mailer> mailer,
      Consumer<String> noticeResults,
      Duration resync) {}

  /**
   * @param tenantSignal gets the name of a tenant whose keys changed
   */
  public ApiKeyReconciler(
      Parts parts,
      Consumer<String> tenantSignal,
      Signal<ApiKey> signal,
      Events events,
      ErrorCounter errors,
      Halt halt,
      Clock clock) {
    this.parts = parts;
    this.issue = new KeyIssue(parts, halt, clock);
    this.secrets = new SecretAccess(parts.kubernetes());
    this.notices =
        new KeyNotices(parts.mailer(), parts.keys(), events, parts.noticeResults(), halt, clock);
    this.tenantSignal = tenantSignal;
    this.signal = signal;
    this.events = events;
    this.errors = errors;
    this.halt = halt;
    this.sampler = new Sampler(clock);
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, ApiKey>> prepareEventSources(EventSourceContext<ApiKey> context) {
    census = new KeyCensus(context.getPrimaryCache());
    return List.of(signal.source());
  }

  /** Keys of a tenant that are accepted now. */
  public int active(String tenant) {
    KeyCensus known = census;
    return known == null ? 0 : known.active(tenant);
  }

  /** The keys that end soon unless somebody does something. */
  public List<KeyEnd> ends() {
    KeyCensus known = census;
    return known == null ? List.of() : KeyEnd.of(known.all(), clock.instant());
  }

  /** Looks again at the keys that name a tenant, for it has changed. */
  public void lookAtKeysOf(String tenant) {
    KeyCensus known = census;
    if (known != null) {
      known.of(tenant).stream().map(ResourceID::fromResource).forEach(signal::look);
    }
  }

  @Override
  public UpdateControl<ApiKey> reconcile(ApiKey cached, Context<ApiKey> context) {
    try (var logged = MDC.putCloseable("tenant", tenant(cached))) {
      halt.after(Step.KEY_FINALIZER);
      ApiKey key = isRecord(cached) ? live(cached) : cached;
      if (key == null || key.getMetadata().getDeletionTimestamp() != null) {
        return UpdateControl.noUpdate(); // the event of that is on its way
      }
      ApiKeyStatus before = key.getStatus();
      KeyOutcome outcome = issue.run(key, Objects.requireNonNull(census).of(tenant(key)));
      if (outcome instanceof KeyOutcome.Waiting) {
        tenantSignal.accept(tenant(key));
      }
      return write(key, before, outcome, context);
    }
  }

  private UpdateControl<ApiKey> write(
      ApiKey key, @Nullable ApiKeyStatus before, KeyOutcome outcome, Context<ApiKey> context) {
    String uid = key.getMetadata().getUid();
    ApiKeyStatus now = KeyStatuses.of(key, outcome, clock.instant());
    Duration again = again(key, outcome);
    if (before != null && KeyStatuses.same(before, now)) {
      if (Objects.equals(before.lastUsedAt(), now.lastUsedAt()) || !sampler.due(uid)) {
        return UpdateControl.<ApiKey>noUpdate().rescheduleAfter(again);
      }
    } else {
      KeyEvents.publish(events, key, before, now);
      tenantSignal.accept(tenant(key));
    }
    sampler.taken(uid);
    PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(
        key, StatusPatch.of(new ApiKey(), key, now), context);
    halt.after(Step.KEY_STATUS);
    return UpdateControl.<ApiKey>noUpdate().rescheduleAfter(again);
  }

  /** Revoke first: from then on the API refuses the key, whatever happens to this process. */
  @Override
  public DeleteControl cleanup(ApiKey key, Context<ApiKey> context) {
    try (var logged = MDC.putCloseable("tenant", tenant(key))) {
      for (KeyRow row : parts.keys().find(key.getMetadata().getUid())) {
        if (row.revokedAt().isEmpty()) {
          parts.keys().revoke(row.keyId());
        }
      }
      halt.after(Step.KEY_REVOKED);
      deleteSecret(key);
      halt.after(Step.KEY_SECRET_DELETED);
      sampler.forget(key.getMetadata().getUid());
      notices.forget(key.getMetadata().getUid());
      tenantSignal.accept(tenant(key));
      return DeleteControl.defaultDelete();
    }
  }

  @Override
  public ErrorStatusUpdateControl<ApiKey> updateErrorStatus(
      ApiKey key, Context<ApiKey> context, Exception thrown) {
    Failure failure = Failure.of(thrown);
    errors.count("APIKey", failure.reason());
    Optional<ApiKey> base = isRecord(key) ? liveOrNothing(key) : Optional.of(key);
    if (base.isEmpty()) {
      return ErrorStatusUpdateControl.noStatusUpdate();
    }
    ApiKeyStatus now = KeyStatuses.failed(base.get(), failure, clock.instant());
    return KeyStatuses.same(base.get().getStatus(), now)
        ? ErrorStatusUpdateControl.noStatusUpdate()
        : ErrorStatusUpdateControl.patchStatus(StatusPatch.of(new ApiKey(), base.get(), now));
  }

  private void deleteSecret(ApiKey key) {
    if (key.getSpec().delivery().mode() != ApiKeySpec.Mode.SECRET) {
      return; // an imported Secret is the app's own
    }
    try {
      Secret secret = secrets.read(key);
      if (secret != null && KeySecret.isOurs(secret, key)) {
        secrets.delete(secret);
      }
    } catch (KubernetesClientException e) {
      // no tenant lists this namespace any more; the owner reference has the Secret collected
      if (e.getCode() != 403) {
        throw e;
      }
    }
  }

  private Duration again(ApiKey key, KeyOutcome outcome) {
    if (outcome instanceof KeyOutcome.Waiting waiting) {
      return waiting.again();
    }
    Optional<Duration> notice =
        outcome instanceof KeyOutcome.Refused || outcome instanceof KeyOutcome.Ended
            ? Optional.empty()
            : notices.look(key, outcome.ring());
    return KeyLooks.again(key.getSpec(), outcome.ring(), notice, clock.instant(), parts.resync());
  }

  /** Whether the status is a record that a cache may be behind of, and not only a report. */
  private static boolean isRecord(ApiKey key) {
    return key.getSpec().delivery().mode() == ApiKeySpec.Mode.ENCRYPTED;
  }

  /** Null: it is gone, or another one has its name. */
  private @Nullable ApiKey live(ApiKey key) {
    ApiKey live =
        parts
            .kubernetes()
            .resources(ApiKey.class)
            .inNamespace(key.getMetadata().getNamespace())
            .withName(key.getMetadata().getName())
            .get();
    boolean same = live != null && live.getMetadata().getUid().equals(key.getMetadata().getUid());
    return same ? live : null;
  }

  /** Nothing when it cannot be asked: then its status stays as it is. */
  private Optional<ApiKey> liveOrNothing(ApiKey key) {
    try {
      return Optional.ofNullable(live(key));
    } catch (KubernetesClientException e) {
      return Optional.empty();
    }
  }

  private static String tenant(ApiKey key) {
    return key.getSpec().tenantRef().name();
  }
}
