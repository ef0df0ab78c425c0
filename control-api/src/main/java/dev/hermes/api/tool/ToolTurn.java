package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.skill.SkillRules;
import dev.hermes.api.toolserver.ToolServerSession;
import dev.hermes.crds.tenant.TenantSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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
  private final boolean skillsWanted;
  private final Optional<SandboxHold> hold;
  private final SkillsInUse inUse = new SkillsInUse();
  private final List<TenantSpec.McpServer> servers;
  private final Map<String, ToolServerSession> open = new HashMap<>();
  private final List<FinishedReceipt> unwritten = new ArrayList<>();
  private int calls;

  ToolTurn(
      Principal caller,
      String requestId,
      Optional<String> session,
      List<ServerTool> allowed,
      Optional<SandboxHold> hold,
      List<TenantSpec.McpServer> servers) {
    this.caller = caller;
    this.requestId = requestId;
    this.session = session;
    this.offered = new ArrayList<>(allowed);
    this.skillsWanted = offered.remove(PlatformTool.SKILL);
    this.hold = hold;
    this.servers = servers;
  }

  /** OpenAI tool objects for the model, of what may run now. */
  public List<JsonNode> definitions() {
    return offered.stream()
        .filter(inUse::allow)
        .map(tool -> ToolDefinitions.of(tool, caller))
        .toList();
  }

  /** Whether the caller's skills may be offered, should there be any. */
  public boolean wantsSkills() {
    return skillsWanted;
  }

  /** There are some. */
  public void offersSkills() {
    offered.add(PlatformTool.SKILL);
  }

  /** Names of the tools that this turn can run in a sandbox. */
  public Set<String> sandboxTools() {
    return hasSandbox()
        ? offered.stream()
            .filter(ServerTool::runsInSandbox)
            .filter(inUse::allow)
            .map(ServerTool::wire)
            .collect(Collectors.toUnmodifiableSet())
        : Set.of();
  }

  /** Those of them that a skill allows. */
  Set<String> sandboxTools(SkillRules rules) {
    return sandboxTools().stream()
        .filter(tool -> rules.allows(tool, true))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Why there are none of them, in words. */
  String whyNoSandbox() {
    if (hold.isEmpty()) {
      return "its tenant has no policy for sandboxes";
    }
    String unavailable = hold.get().policy().unavailable();
    return unavailable != null
        ? unavailable
        : "none of the tools that the skill may run in one is offered here, by the policy or by what"
            + " the request or another skill narrows it to";
  }

  /** From now on the skill binds the turn. */
  void uses(SkillRules rules) {
    inUse.add(rules);
  }

  /** Whether any does. */
  public boolean usesSkills() {
    return inUse.isAny();
  }

  SkillsInUse inUse() {
    return inUse;
  }

  private boolean hasSandbox() {
    return hold.map(it -> it.policy().unavailable() == null).orElse(false);
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

  /** The tenant's server of this name. */
  TenantSpec.McpServer named(String server) {
    return servers.stream().filter(it -> it.name().equals(server)).findFirst().orElseThrow();
  }

  /** What is said to it in this turn; empty: nothing yet, or it hears no more. */
  Optional<ToolServerSession> open(String server) {
    return Optional.ofNullable(open.get(server)).filter(it -> !it.isOver());
  }

  void opened(String server, ToolServerSession session) {
    open.put(server, session);
  }

  /** All servers that still hear of this turn hear that it is over; does not wait for them. */
  void endServers() {
    open.values().forEach(ToolServerSession::end);
  }

  void counted() {
    calls++;
  }

  /**
   * Goes on where another has stopped.
   *
   * @param before how many calls it has made
   * @param skills what its calls of the tool {@code skill} have returned
   */
  public void continues(int before, List<String> skills) {
    calls += before;
    skills.stream()
        .filter(it -> !it.startsWith(ToolResult.ERROR))
        .map(SkillRules::before)
        .forEach(inUse::add);
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
        Map.of("receipt", receipt.receipt().id().toString()),
        requestId);
  }
}
