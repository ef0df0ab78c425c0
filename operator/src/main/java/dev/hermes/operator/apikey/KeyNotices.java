package dev.hermes.operator.apikey;

import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.operator.kube.Events;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.notice.Mailer;
import dev.hermes.operator.provision.KeyRow;
import dev.hermes.operator.provision.KeyRows;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mails the notice of a key, once for each date: the row remembers that it was sent. A process that
 * dies between sending and remembering sends it again, with the same Message-ID. Sends on a thread
 * of its own: a mail server that is slow or away keeps no key waiting.
 */
final class KeyNotices {
  private static final Logger log = LoggerFactory.getLogger(KeyNotices.class);
  private static final Duration RETRY = Duration.ofMinutes(2);

  private final Optional<Mailer> mailer;
  private final KeyRows keys;
  private final Events events;
  private final Consumer<String> results;
  private final Halt halt;
  private final Clock clock;
  private final Set<String> sending = ConcurrentHashMap.newKeySet();
  private final Map<String, Instant> failed = new ConcurrentHashMap<>();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("key-notices").daemon().factory());

  /**
   * @param mailer empty: the installation has no mail server, and conditions and Events must do
   * @param results is told {@code sent} or {@code failed}
   */
  KeyNotices(
      Optional<Mailer> mailer,
      KeyRows keys,
      Events events,
      Consumer<String> results,
      Halt halt,
      Clock clock) {
    this.mailer = mailer;
    this.keys = keys;
    this.events = events;
    this.results = results;
    this.halt = halt;
    this.clock = clock;
  }

  /** Sends what is due; the time after which to look again when a notice is not out yet. */
  Optional<Duration> look(ApiKey key, KeyRing ring) {
    Optional<KeyRow> current = ring.current();
    Optional<Schedule.Notice> notice =
        new Schedule(key.getSpec(), current)
            .notice(clock.instant())
            .filter(n -> !key.getSpec().rotation().recipients().isEmpty())
            .filter(n -> current.flatMap(KeyRow::noticedFor).filter(n.due()::equals).isEmpty());
    if (mailer.isEmpty() || current.isEmpty() || notice.isEmpty()) {
      return Optional.empty();
    }
    String uid = key.getMetadata().getUid();
    boolean rests =
        Optional.ofNullable(failed.get(uid))
            .filter(last -> last.plus(RETRY).isAfter(clock.instant()))
            .isPresent();
    if (!rests && sending.add(uid)) {
      thread.execute(() -> send(key, current.get(), notice.get()));
    }
    return Optional.of(RETRY);
  }

  void forget(String uid) {
    failed.remove(uid);
  }

  private void send(ApiKey key, KeyRow current, Schedule.Notice notice) {
    String uid = key.getMetadata().getUid();
    try {
      mailer.orElseThrow().send(NoticeText.mail(key, current, notice));
      halt.after(Step.KEY_NOTICE_SENT);
      keys.noticed(current.keyId(), notice.due());
      failed.remove(uid);
      results.accept("sent");
    } catch (Mailer.NotSentException e) {
      failed(key, Objects.requireNonNullElse(e.getMessage(), "the mail was not sent"));
    } catch (RuntimeException e) {
      // sent or not, it is not known to be: the next look sends it again
      log.warn("the notice of key {} is not recorded", current.keyId(), e);
      failed(key, "the notice could not be recorded");
    } finally {
      sending.remove(uid);
    }
  }

  /** One Event at the beginning of an outage, one count for each try. */
  private void failed(ApiKey key, String why) {
    results.accept("failed");
    if (failed.put(key.getMetadata().getUid(), clock.instant()) == null) {
      events.publish(
          key,
          "Warning",
          "NoticeNotSent",
          why + "; tried again every " + RETRY.toMinutes() + " min");
    }
  }
}
