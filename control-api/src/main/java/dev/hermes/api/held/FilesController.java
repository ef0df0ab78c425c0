package dev.hermes.api.held;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.DaemonFiles;
import dev.hermes.sandbox.daemon.Endpoint;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Files of a sandbox for who has no client of the data plane at hand: as large as a request or
 * {@link DaemonFiles#MOST} allows. Any size goes over the data plane.
 */
@Controller("/v1/sandboxes/{id}/files")
@ExecuteOn(TaskExecutors.BLOCKING)
final class FilesController {
  private final HeldSandboxes sandboxes;
  private final Tenants tenants;
  private final DaemonFiles files;
  private final AuditLog audit;

  FilesController(HeldSandboxes sandboxes, Tenants tenants, DaemonClient daemon, AuditLog audit) {
    this.sandboxes = sandboxes;
    this.tenants = tenants;
    this.files = daemon.files();
    this.audit = audit;
  }

  /** What a directory holds. */
  @Serdeable
  record Listing(String object, List<Shown> data) {}

  /**
   * A file or directory.
   *
   * @param type file, directory or symlink
   * @param size in bytes
   */
  @Serdeable
  record Shown(
      String name,
      String type,
      String path,
      long size,
      @JsonProperty("modified_at") String modifiedAt) {
    static Shown of(DaemonFiles.Entry entry) {
      return new Shown(
          entry.name(),
          entry.type().replace("FILE_TYPE_", "").toLowerCase(java.util.Locale.ROOT),
          entry.path(),
          entry.size(),
          entry.modified());
    }
  }

  /** Work with a sandbox's files. */
  private interface Work<T> {
    T with(Endpoint endpoint) throws DaemonException, InterruptedException;
  }

  /**
   * Answers a file's bytes.
   *
   * @param path from /home/user when it does not start with a slash
   */
  @Get
  @Produces(MediaType.APPLICATION_OCTET_STREAM)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  HttpResponse<byte[]> read(HttpRequest<?> request, String id, @QueryValue @Nullable String path)
      throws InterruptedException {
    DaemonFiles.Content content =
        on(request, id, endpoint -> files.read(endpoint, given(path), DaemonFiles.MOST));
    if (!content.isWhole()) {
      throw new ApiException(
          Failure.invalid(
              "path",
              "The file has "
                  + content.size()
                  + " bytes; more than "
                  + DaemonFiles.MOST
                  + " are read over the data plane (GET /files there)."));
    }
    record(request, id, "sandbox.file.read");
    return HttpResponse.ok(content.bytes());
  }

  /** Lists a directory. */
  @Get("/list")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Listing list(HttpRequest<?> request, String id, @QueryValue @Nullable String path)
      throws InterruptedException {
    return new Listing(
        "list",
        on(request, id, endpoint -> files.list(endpoint, path == null ? "." : path)).stream()
            .map(Shown::of)
            .toList());
  }

  /** Writes a file and the directories above it; one that is there is replaced. */
  @Put
  @Status(HttpStatus.NO_CONTENT)
  @Consumes(MediaType.ALL)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void write(
      HttpRequest<?> request,
      String id,
      @QueryValue @Nullable String path,
      @Body @io.micronaut.core.annotation.Nullable byte @Nullable [] content)
      throws InterruptedException {
    on(
        request,
        id,
        endpoint -> {
          files.write(endpoint, given(path), content == null ? new byte[0] : content);
          return true;
        });
    record(request, id, "sandbox.file.write");
  }

  /** Removes a file, or a directory and all below it. */
  @Delete
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void remove(HttpRequest<?> request, String id, @QueryValue @Nullable String path)
      throws InterruptedException {
    on(
        request,
        id,
        endpoint -> {
          files.remove(endpoint, given(path));
          return true;
        });
    record(request, id, "sandbox.file.remove");
  }

  private <T> T on(HttpRequest<?> request, String id, Work<T> work) throws InterruptedException {
    Principal caller = Principal.of(request);
    HeldSandbox sandbox = sandboxes.find(caller, HeldSandboxes.id(id));
    EffectiveTenant tenant = tenants.effective(caller.tenant());
    if (sandbox.policy().filter(policy -> !tenant.toolsIn(policy).isEmpty()).isEmpty()) {
      throw new ApiException(
          Failure.forbidden(
              "tool_not_allowed", "The policy of this sandbox allows this tenant no tool."));
    }
    try {
      return work.with(CodeRunner.endpoint(sandbox));
    } catch (DaemonException e) {
      throw new ApiException(CodeRunner.failure(e));
    }
  }

  private void record(HttpRequest<?> request, String id, String action) {
    Principal caller = Principal.of(request);
    audit.record(
        caller.tenant(),
        new AuditLog.Entry(
            caller.user(), action, id, AuditLog.Outcome.ALLOWED, Map.of(), RequestId.of(request)));
  }

  private static String given(@Nullable String path) {
    if (path == null || path.isEmpty()) {
      throw new ApiException(Failure.missing("path"));
    }
    return path;
  }
}
