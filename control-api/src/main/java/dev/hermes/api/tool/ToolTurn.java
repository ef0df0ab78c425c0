package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.crds.effective.EffectiveTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The tools of one request: which are offered, the sandbox they share, and the receipts that are
 * not written yet. The request's thread owns it.
 */
public final class ToolTurn {
  private static final int MOST_CALLS_WITHOUT_POLICY = 50;

  private final Principal caller;
  private final String requestId;
  private final Optional<String> session;
  private final List<ServerTool> offered;
  private final Optional<SandboxHold> hold;
  private final List<FinishedReceipt> unwritten = new ArrayList<>();
  private int calls;

  private ToolTurn(
      Principal caller,
      String requestId,
      Optional<String> session,
      List<ServerTool> offered,
      Optional<SandboxHold> hold) {
    this.caller = caller;
    this.requestId = requestId;
    this.session = session;
    this.offered = offered;
    this.hold = hold;
  }

  public static ToolTurn of(
      Principal caller,
      EffectiveTenant tenant,
      String requestId,
      Optional<String> session,
      Set<ServerTool> wanted) {
    List<ServerTool> offered = ToolPolicy.allowed(caller, tenant).filter(wanted::contains).toList();
    Optional<SandboxHold> hold =
        ToolPolicy.sandboxPolicy(tenant)
            .map(
                policy -> new SandboxHold(caller.tenant(), tenant, policy, caller.user(), session));
    return new ToolTurn(caller, requestId, session, offered, hold);
  }

  /** OpenAI tool objects for the model. */
  public List<JsonNode> definitions() {
    return offered.stream().map(tool -> ToolDefinitions.of(tool, caller)).toList();
  }

  public int calls() {
    return calls;
  }

  /** Whether one more call would be too many. */
  public boolean isExhausted() {
    return calls
        >= hold.map(it -> it.policy().limits().toolCallsPerRequest())
            .orElse(MOST_CALLS_WITHOUT_POLICY);
  }

  Principal caller() {
    return caller;
  }

  String requestId() {
    return requestId;
  }

  Optional<String> session() {
    return session;
  }

  Optional<SandboxHold> hold() {
    return hold;
  }

  Optional<ServerTool> offered(String name) {
    return offered.stream().filter(tool -> tool.wire().equals(name)).findFirst();
  }

  void counted() {
    calls++;
  }

  /** Goes on where another with so many calls has stopped. */
  public void continues(int before) {
    calls += before;
  }

  /** Whether the end of the turn has anything to write of its tools. */
  public boolean isSettled() {
    return unwritten.isEmpty() && hold.filter(SandboxHold::isReserved).isEmpty();
  }

  void finished(FinishedReceipt receipt) {
    unwritten.add(receipt);
  }

  List<FinishedReceipt> unwritten() {
    return List.copyOf(unwritten);
  }

  void written() {
    unwritten.clear();
  }

  AuditLog.Entry auditOf(FinishedReceipt receipt) {
    return new AuditLog.Entry(
        caller.user(),
        "tool.execute",
        receipt.receipt().tool(),
        receipt.status() == FinishedReceipt.Status.REFUSED
            ? AuditLog.Outcome.DENIED
            : AuditLog.Outcome.ALLOWED,
        java.util.Map.of("receipt", receipt.receipt().id().toString()),
        requestId);
  }
}
