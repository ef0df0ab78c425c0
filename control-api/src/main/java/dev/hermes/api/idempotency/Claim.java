package dev.hermes.api.idempotency;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.RequestId;
import dev.hermes.database.access.TenantId;
import io.micronaut.http.HttpRequest;
import java.util.Optional;

/**
 * A request's claim to be the one that is done for its key. A key is its user's alone; one that
 * code in a sandbox sends for its user is another one than the user's own.
 *
 * @param key SHA-256 of the key, in hex
 * @param request SHA-256 of what is asked for, in hex
 * @param owner the request's id
 */
public record Claim(TenantId tenant, String user, String key, String request, String owner) {

  /** Empty when the client sent no key; 400 for one that is none. */
  public static Optional<Claim> of(HttpRequest<?> http, byte[] body) {
    return KeyHeader.of(http)
        .map(key -> {
          Principal caller = Principal.of(http);
          return new Claim(
              caller.tenant(),
              caller.user(),
              Fingerprint.of(caller.sandbox().map(it -> it + " " + key).orElse(key)),
              Fingerprint.of(http, body),
              RequestId.of(http));
        });
  }
}
