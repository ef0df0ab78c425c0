package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.operator.notice.Mail;
import dev.hermes.operator.provision.KeyRow;
import java.time.temporal.ChronoUnit;

/** What people read about a key that is going to end; pure. Nothing of the key but its id. */
final class NoticeText {
  private NoticeText() {}

  static String condition(ApiKey key, Schedule.Notice notice) {
    return what(notice) + " " + when(notice) + "; " + whatToDo(key, notice);
  }

  /**
   * The id is the same for the same key and date: a mail that is sent again after a crash is known
   * as the same one.
   */
  static Mail mail(ApiKey key, KeyRow current, Schedule.Notice notice) {
    String name = key.getMetadata().getNamespace() + "/" + key.getMetadata().getName();
    String text =
        """
        The API key %s of tenant %s %s %s.

        APIKey: %s (kubectl -n %s describe apikey %s)
        Key id: %s
        What to do: %s.
        """
            .formatted(
                current.prefix(),
                key.getSpec().tenantRef().name(),
                what(notice),
                when(notice),
                name,
                key.getMetadata().getNamespace(),
                key.getMetadata().getName(),
                current.keyId(),
                whatToDo(key, notice));
    return new Mail(
        key.getSpec().rotation().recipients(),
        "API key " + name + " " + what(notice) + " " + when(notice),
        text,
        current.keyId() + "." + notice.due().getEpochSecond());
  }

  private static String what(Schedule.Notice notice) {
    return notice.reason() == Reason.RotationDue ? "is due for rotation on" : "expires on";
  }

  private static String when(Schedule.Notice notice) {
    return notice.due().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String whatToDo(ApiKey key, Schedule.Notice notice) {
    String overlap =
        "the old key works for "
            + key.getSpec().rotation().overlapHours()
            + " more hours (spec.rotation.overlapHours)";
    return switch (key.getSpec().delivery().mode()) {
      case SECRET ->
          notice.reason() == Reason.RotationDue
              ? "nothing but to have the app read the Secret again; " + overlap
              : "set spec.rotation.requestedAt to now for a new key; " + overlap;
      case ENCRYPTED ->
          notice.reason() == Reason.RotationDue
              ? "decrypt status.encryptedKey after it; " + overlap
              : "set spec.rotation.requestedAt to now for a new key; " + overlap;
      case IMPORT -> "put another key into the Secret; " + overlap;
      case HASH_ONLY -> "give another delivery.keyId and delivery.keyDigest; " + overlap;
    };
  }
}
