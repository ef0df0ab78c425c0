package dev.hermes.api.job;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.server.types.files.StreamedFile;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files that a job left. */
@Controller("/v1/jobs/{id}/artifacts")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ArtifactController {
  private final Jobs jobs;
  private final ArtifactRows rows;
  private final AuditLog audit;

  ArtifactController(Jobs jobs, ArtifactRows rows, AuditLog audit) {
    this.jobs = jobs;
    this.rows = rows;
    this.audit = audit;
  }

  /**
   * Answers a file's bytes, with their SHA-256 as ETag and as Repr-Digest (RFC 9530).
   *
   * @param path as the job lists it
   */
  @Get
  @Produces(MediaType.APPLICATION_OCTET_STREAM)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  HttpResponse<StreamedFile> download(
      HttpRequest<?> request, String id, @QueryValue @Nullable String path) {
    Principal caller = Principal.of(request);
    Job job = jobs.find(caller, Jobs.id(id));
    if (path == null || path.isEmpty()) {
      throw new ApiException(Failure.missing("path"));
    }
    Artifact artifact =
        rows.list(job.tenant(), job.id()).stream()
            .filter(it -> it.path().equals(path))
            .findFirst()
            .orElseThrow(() ->
                new ApiException(
                    Failure.notFound(
                        "The job has no artefact '" + path + "'. The job lists those it has.")));
    if (artifact.state() != Artifact.State.STORED) {
      throw new ApiException(Failure.notFound(why(artifact)));
    }
    audit.record(
        caller.tenant(),
        new AuditLog.Entry(
            caller.user(),
            "job.artifact.read",
            "job:" + job.id(),
            AuditLog.Outcome.ALLOWED,
            Map.of(),
            RequestId.of(request)));
    return answer(job, artifact);
  }

  private HttpResponse<StreamedFile> answer(Job job, Artifact artifact) {
    String sha256 = artifact.sha256().orElseThrow();
    return HttpResponse.ok(
            new StreamedFile(
                new ArtifactBytes(rows, job.tenant(), job.id(), artifact),
                MediaType.APPLICATION_OCTET_STREAM_TYPE,
                job.state().finishedAt().orElse(job.createdAt()).toEpochMilli(),
                artifact.size()))
        .header("ETag", '"' + sha256 + '"')
        .header(
            "Repr-Digest",
            "sha-256=:" + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(sha256)) + ":")
        // what a program wrote is no page of this API
        .header("Content-Disposition", "attachment")
        .header("X-Content-Type-Options", "nosniff");
  }

  private static String why(Artifact artifact) {
    String path = "'" + artifact.path() + "' ";
    return path
        + switch (artifact.state()) {
          case EXPIRED -> "was kept for as long as artefacts are, and is gone.";
          case TOO_LARGE ->
              "was not kept: with its %d bytes the job's files are too large together."
                  .formatted(artifact.size());
          case TOO_MANY -> "was not kept: the job has too many files.";
          case LINK -> "was not kept: it is a symbolic link.";
          default -> "was not kept: it could not be read as a file.";
        };
  }
}
