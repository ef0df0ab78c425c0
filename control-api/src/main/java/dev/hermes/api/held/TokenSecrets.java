package dev.hermes.api.held;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.Secrets;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import jakarta.inject.Singleton;
import java.util.Set;

/** Tokens of sandboxes, as both APIs name them: signed anew for who repeats a request. */
@Singleton
final class TokenSecrets implements Secrets {
  private static final Set<String> MEMBERS =
      Set.of("access_token", "envdAccessToken", "trafficAccessToken");

  private final HeldSandboxes sandboxes;
  private final AccessTokens tokens;

  TokenSecrets(HeldSandboxes sandboxes, AccessTokens tokens) {
    this.sandboxes = sandboxes;
    this.tokens = tokens;
  }

  @Override
  public Set<String> members() {
    return MEMBERS;
  }

  /** Of a sandbox that has ended, nothing opens it any more. */
  @Override
  public void restore(Principal caller, ObjectNode answer) {
    String id = answer.path("id").asText(answer.path("sandboxID").asText());
    try {
      String token =
          tokens.issue(caller.tenant(), sandboxes.find(caller, HeldSandboxes.id(id)).lease());
      MEMBERS.stream().filter(answer::has).forEach(it -> answer.put(it, token));
    } catch (ApiException e) {
      answer.remove(MEMBERS);
    }
  }
}
