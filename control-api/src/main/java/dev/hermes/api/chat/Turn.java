package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.Claim;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelCatalog;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.session.SessionKey;
import dev.hermes.api.session.SessionSummary;
import dev.hermes.api.tool.ToolTurn;
import dev.hermes.api.usage.UsageRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One request on its way: what is fixed about it, and what has come of it so far. */
final class Turn {
  private final Principal caller;
  private final String requestId;
  private final ChatRequest request;
  private final ModelCatalog.Offer model;
  private final Optional<SessionKey> session;
  private final boolean memory;
  private final ToolTurn tools;
  private final UsageRecord.Admission admission;
  private final Optional<Claim> claim;
  private List<ObjectNode> asked = List.of();
  private final List<ObjectNode> said = new ArrayList<>();
  private TokenUsage usage = TokenUsage.NONE;
  private boolean partial;
  private String provider;
  private boolean degraded;
  private Optional<SessionSummary> summary = Optional.empty();

  Turn(
      Principal caller,
      String requestId,
      ChatRequest request,
      ModelCatalog.Offer model,
      Optional<SessionKey> session,
      boolean memory,
      ToolTurn tools,
      UsageRecord.Admission admission,
      Optional<Claim> claim) {
    this.caller = caller;
    this.requestId = requestId;
    this.request = request;
    this.model = model;
    this.provider = model.provider().name();
    this.session = session;
    this.memory = memory;
    this.tools = tools;
    this.admission = admission;
    this.claim = claim;
  }

  Instant admitted() {
    return admission.at();
  }

  Principal caller() {
    return caller;
  }

  String requestId() {
    return requestId;
  }

  ChatRequest request() {
    return request;
  }

  ModelCatalog.Offer model() {
    return model;
  }

  Optional<SessionKey> session() {
    return session;
  }

  /** Whether it knows what is kept for the caller. */
  boolean memory() {
    return memory;
  }

  ToolTurn tools() {
    return tools;
  }

  /** Its claim to be done once, where its client sent a key; it goes on without its client then. */
  Optional<Claim> claim() {
    return claim;
  }

  /** Messages the session will keep. */
  List<ObjectNode> added() {
    List<ObjectNode> added = new ArrayList<>(asked);
    added.addAll(kept());
    return added;
  }

  /** What came of the request's own messages. */
  List<ObjectNode> said() {
    return List.copyOf(said);
  }

  /** The same as later turns may see it. */
  List<ObjectNode> kept() {
    return tools.usesSkills() ? SkillTexts.leftOut(said) : said();
  }

  /** The request's messages that are new. */
  void asks(List<ObjectNode> messages) {
    asked = messages;
  }

  void add(List<ObjectNode> messages) {
    said.addAll(messages);
  }

  /** Goes on behind what another has done and not settled. */
  void continues(Progress progress) {
    used(progress.used());
    summary = progress.summary();
    tools.continues(progress.toolCalls(), SkillTexts.of(progress.rounds()));
  }

  /** The session is to have this summary. */
  void sumUp(SessionSummary made) {
    summary = Optional.of(made);
  }

  /** What it, or the one it continues, has made. */
  Optional<SessionSummary> summary() {
    return summary;
  }

  TokenUsage usage() {
    return usage;
  }

  /** The provider of the last answer is the record's. */
  void used(ModelAnswer answer) {
    used(answer.usage());
    provider = answer.provider();
    degraded |= answer.degraded();
  }

  /** Tokens that belong to no answer, and are all that there were. */
  void used(TokenUsage more) {
    usage = usage.plus(more);
  }

  /** A model call broke off: its tokens are an estimate of what was delivered. */
  void usedInPart(TokenUsage more) {
    used(more);
    partial = true;
  }

  UsageRecord record(String status) {
    UsageRecord.Completeness completeness =
        partial
            ? UsageRecord.Completeness.PARTIAL
            : usage.estimated()
                ? UsageRecord.Completeness.ESTIMATED
                : UsageRecord.Completeness.FINAL;
    return new UsageRecord(
        admission,
        caller.user(),
        caller.keyId(),
        session.map(key -> key.id().value()),
        requestId,
        model.model(),
        provider,
        usage.prompt(),
        usage.completion(),
        tools.calls(),
        usage.nanoUsd(),
        completeness,
        status,
        degraded);
  }
}
