package dev.hermes.api.memory;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.RequestId;
import io.micronaut.http.HttpRequest;
import java.util.Map;

/** Who changes what is kept, as the audit log is told; never what it says. */
public record Writer(Principal caller, String requestId) {

  static Writer of(HttpRequest<?> request) {
    return new Writer(Principal.of(request), RequestId.of(request));
  }

  AuditLog.Entry entry(String action, String object, MemoryOwner owner) {
    return new AuditLog.Entry(
        caller.user(),
        action,
        object,
        AuditLog.Outcome.ALLOWED,
        Map.of("owner", owner.user(), "key", caller.keyId()),
        requestId);
  }
}
