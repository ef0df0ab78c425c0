package dev.hermes.api.idempotency;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.identity.Principal;
import java.util.Set;

/** Members of answers that are never kept: a repetition gets them made anew. */
public interface Secrets {
  /** Names of such members, whatever the route. */
  Set<String> members();

  /** Puts them into an answer from which they were taken; what they open may be gone. */
  void restore(Principal caller, ObjectNode answer);
}
