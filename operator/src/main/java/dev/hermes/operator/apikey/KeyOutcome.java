package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import java.time.Duration;

/** What one look at a key came to. */
sealed interface KeyOutcome {
  /** The keys as the look left them. */
  KeyRing ring();

  /** In the database and where the delivery mode puts it. */
  record Issued(KeyRing ring, boolean suspended) implements KeyOutcome {}

  /** Not given, or out of use, because it asks for too much. */
  record Refused(Refusal refusal, KeyRing ring) implements KeyOutcome {}

  /** What delivers the key is not what it should be; a key that was issued goes on working. */
  record NotDelivered(Reason reason, String message, KeyRing ring) implements KeyOutcome {}

  /** Over. */
  record Ended(Reason reason, String message, KeyRing ring) implements KeyOutcome {}

  /** Something else must come first. */
  record Waiting(Reason reason, String message, KeyRing ring, Duration again)
      implements KeyOutcome {}
}
