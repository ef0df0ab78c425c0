package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.operator.provision.KeyRow;
import java.time.Duration;
import java.util.Optional;

/** What one look at a key came to. */
sealed interface KeyOutcome {
  /** In the database and in its Secret. */
  record Issued(KeyRow row, boolean suspended) implements KeyOutcome {}

  /** Not given, or taken back, because it asks for too much. */
  record Refused(Refusal refusal, Optional<KeyRow> row) implements KeyOutcome {}

  /** Given, but the Secret is not what it should be. */
  record NotDelivered(Reason reason, String message, Optional<KeyRow> row) implements KeyOutcome {}

  /** Over for good. */
  record Ended(Reason reason, String message, KeyRow row) implements KeyOutcome {}

  /** Something else must come first. */
  record Waiting(Reason reason, String message, Optional<KeyRow> row, Duration again)
      implements KeyOutcome {}
}
