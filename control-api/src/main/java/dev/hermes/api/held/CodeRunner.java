package dev.hermes.api.held;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.CallbackTokens;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.receipt.Content;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.receipt.Receipts;
import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.api.sandbox.HeldLeases;
import dev.hermes.api.sandbox.SandboxExec;
import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.ExecResult;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** Runs code in a sandbox that an app holds, with a receipt of each run. */
@Singleton
final class CodeRunner {
  private final TenantDatabase database;
  private final HeldLeases leases;
  private final DaemonClient daemon;
  private final CallbackTokens callbacks;
  private final Receipts receipts;
  private final AuditLog audit;
  private final Clock clock;

  CodeRunner(
      TenantDatabase database,
      HeldLeases leases,
      DaemonClient daemon,
      CallbackTokens callbacks,
      Receipts receipts,
      AuditLog audit,
      Clock clock) {
    this.database = database;
    this.leases = leases;
    this.daemon = daemon;
    this.callbacks = callbacks;
    this.receipts = receipts;
    this.audit = audit;
    this.clock = clock;
  }

  private record Begun(CodeRun.Wish wish, Receipt receipt) {}

  /**
   * Runs it and answers when it has ended; 502 when the sandbox ended meanwhile.
   *
   * @param check what is to run, when it may: what it throws goes to the caller, and nothing runs
   */
  CodeRun.Outcome run(Principal caller, Supplier<CodeRun.Wish> check, String requestId)
      throws InterruptedException {
    Instant begun = clock.instant();
    Begun run =
        leases.with(database, caller.tenant(), () -> begin(caller, check.get(), begun, requestId));
    CodeRun.Wish wish = run.wish();
    Receipt receipt = run.receipt();
    UUID lease = wish.sandbox().lease().id();
    Status status = Status.FAILED;
    String output = "";
    Optional<Integer> exit = Optional.empty();
    boolean truncated = false;
    try {
      ExecResult ran = execute(caller, wish);
      status = status(ran);
      output = ran.stdout() + ran.stderr();
      exit = Optional.of(ran.exitCode());
      truncated = ran.truncated();
      return CodeRun.Outcome.of(ran, receipt.id());
    } finally {
      finish(
          caller,
          new FinishedReceipt(
              receipt,
              status,
              lease.toString(),
              Content.of(output),
              exit,
              Duration.between(begun, clock.instant()).toMillis(),
              truncated,
              clock.instant()),
          requestId);
    }
  }

  private Begun begin(Principal caller, CodeRun.Wish wish, Instant now, String requestId) {
    HeldLease lease = wish.sandbox().lease();
    Receipt receipt =
        Receipt.of(
            now,
            requestId,
            "",
            Optional.empty(),
            caller.user(),
            wish.tool().wire(),
            wish.sandbox().policy().map(EffectivePolicy::name).orElse(lease.policy()),
            wish.code());
    receipts.begin(caller.tenant(), receipt, lease.id().toString());
    return new Begun(wish, receipt);
  }

  private ExecResult execute(Principal caller, CodeRun.Wish wish) throws InterruptedException {
    Endpoint endpoint = endpoint(wish.sandbox());
    Map<String, String> environment = environment(caller, endpoint.podUid(), wish);
    try {
      return SandboxExec.traced(
          wish.sandbox().lease().id().toString(),
          () ->
              switch (wish.tool()) {
                case PYTHON ->
                    daemon.executePython(endpoint, wish.code(), wish.timeout(), environment);
                case BASH -> daemon.runBash(endpoint, wish.code(), wish.timeout(), environment);
                case FILES -> throw new IllegalArgumentException("files is no language");
              });
    } catch (DaemonException e) {
      throw new ApiException(failure(e));
    }
  }

  /** An admin's token does not go into a sandbox in which another user's programs may read it. */
  private Map<String, String> environment(Principal caller, String podUid, CodeRun.Wish wish) {
    HeldLease lease = wish.sandbox().lease();
    return wish.sandbox()
        .policy()
        .filter(policy -> lease.user().equals(caller.user()))
        .map(policy -> callbacks.environment(caller, policy, lease.id(), podUid, wish.timeout()))
        .orElse(Map.of());
  }

  /** Where the sandbox listens; 503 while its pod is being made. */
  static Endpoint endpoint(HeldSandbox sandbox) {
    SandboxPodRef pod =
        sandbox
            .lease()
            .pod()
            .filter(it -> it.ip().isPresent())
            .orElseThrow(() ->
                new ApiException(
                    Failure.unavailable("sandbox_starting", "The sandbox is not ready yet.")
                        .retryAfter(1)));
    return Endpoint.of(pod.ip().orElseThrow(), pod.uid());
  }

  /** What a caller is told when its sandbox did not do as it was asked. */
  static Failure failure(DaemonException e) {
    return switch (e) {
      case DaemonException.Refused refused when refused.code().equals("resource_exhausted") ->
          Failure.tooMany("sandbox_limit", words(refused)).retryAfter(1);
      case DaemonException.Refused refused when refused.code().equals("not_found") ->
          Failure.notFound(words(refused));
      case DaemonException.Refused refused when refused.code().equals("permission_denied") ->
          Failure.forbidden("sandbox_refused", words(refused));
      case DaemonException.Refused refused ->
          Failure.malformed("The sandbox refused: " + words(refused));
      case DaemonException.Broken broken ->
          Failure.badGateway(
              "sandbox_broke_off",
              "The sandbox broke off; the code may have run in part: " + broken.getMessage());
      case DaemonException.PodChanged gone -> ended();
      case DaemonException.Unreachable gone -> ended();
    };
  }

  private static String words(DaemonException e) {
    return String.valueOf(e.getMessage());
  }

  private static Failure ended() {
    return Failure.badGateway("sandbox_ended", "The sandbox has ended; nothing ran.");
  }

  private static Status status(ExecResult ran) {
    if (ran.error().filter(ExecResult.ExecError::isTimeout).isPresent()) {
      return Status.TIMEOUT;
    }
    return ran.error().isEmpty() && ran.exitCode() == 0 ? Status.SUCCEEDED : Status.FAILED;
  }

  private void finish(Principal caller, FinishedReceipt receipt, String requestId) {
    database.inTenant(
        caller.tenant(),
        handle -> {
          receipts.finish(caller.tenant(), List.of(receipt));
          audit.record(
              caller.tenant(),
              new AuditLog.Entry(
                  caller.user(),
                  "tool.execute",
                  receipt.receipt().tool(),
                  AuditLog.Outcome.ALLOWED,
                  Map.of("receipt", receipt.receipt().id().toString()),
                  requestId));
          return true;
        });
  }
}
