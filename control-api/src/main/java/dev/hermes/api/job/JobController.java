package dev.hermes.api.job;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.held.Language;
import dev.hermes.api.held.WishCheck;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Programs that run to their end without anybody waiting: {@code /v1/jobs}. */
@Controller("/v1/jobs")
@ExecuteOn(TaskExecutors.BLOCKING)
final class JobController {

  private final Jobs jobs;
  private final Tenants tenants;

  JobController(Jobs jobs, Tenants tenants) {
    this.jobs = jobs;
    this.tenants = tenants;
  }

  /**
   * A wish for a job.
   *
   * @param language python (by default) or bash
   * @param policy a SandboxPolicy of the tenant; absent: its first
   * @param timeout seconds; absent: the policy's maxLifetimeSeconds, which is also the most
   * @param environment variables of what runs
   * @param inputs texts by the path from /home/user that they are written to before it starts
   * @param artifacts paths, directories or patterns ({@code *}, {@code ?}, {@code **}) from
   *     /home/user of the files that are kept; absent: {@code artifacts/**}
   */
  @Serdeable
  record New(
      @Nullable String language,
      @Nullable String code,
      @Nullable String policy,
      @Nullable Integer timeout,
      @Nullable Map<String, String> environment,
      @Nullable Map<String, String> inputs,
      @Nullable List<String> artifacts,
      @Nullable Map<String, String> metadata) {}

  /** A page, newest first; {@code next} is the cursor of the page after it. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Page(
      String object,
      List<ShownJob> data,
      @JsonProperty("has_more") boolean hasMore,
      @Nullable String next) {}

  /** Takes a job; it starts when a sandbox is free. */
  @Once
  @Post
  @Status(HttpStatus.ACCEPTED)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  ShownJob create(HttpRequest<?> request, @Body New body) {
    Principal caller = Principal.of(request);
    JobWish wish = wish(tenants.effective(caller.tenant()), body);
    return ShownJob.whole(jobs.create(caller, wish, RequestId.of(request)), List.of());
  }

  /**
   * Lists jobs, newest first, without what they said and left.
   *
   * @param limit 1 to 100, by default 20
   * @param after cursor: {@code next} of the page before
   */
  @Get
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Page list(
      HttpRequest<?> request,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue Optional<String> after) {
    PageLimit.checked(limit);
    List<Job> found = jobs.list(Principal.of(request), after.map(JobController::cursor), limit + 1);
    boolean more = found.size() > limit;
    List<ShownJob> page = found.stream().limit(limit).map(ShownJob::brief).toList();
    return new Page("list", page, more, more ? page.getLast().id() : null);
  }

  /** Shows a job with what it said and left. */
  @Get("/{id}")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  ShownJob show(HttpRequest<?> request, String id) {
    Job job = jobs.find(Principal.of(request), Jobs.id(id));
    return ShownJob.whole(job, jobs.artifacts(job));
  }

  /** Cancels a job that waits or runs; removes one that has ended, with all that it left. */
  @Delete("/{id}")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void delete(HttpRequest<?> request, String id) {
    jobs.delete(Principal.of(request), Jobs.id(id), RequestId.of(request));
  }

  private static JobWish wish(EffectiveTenant tenant, New body) {
    if (body.code() == null) {
      throw new ApiException(Failure.missing("code"));
    }
    Tool language = Language.of(body.language());
    EffectivePolicy policy = WishCheck.policy(tenant, Optional.ofNullable(body.policy()));
    if (!tenant.toolsIn(policy).contains(language)) {
      throw new ApiException(
          Failure.forbidden(
              "tool_not_allowed",
              "The tool '"
                  + language.wire()
                  + "' is not allowed to this tenant under the policy '"
                  + policy.name()
                  + "'."));
    }
    int most = policy.limits().maxLifetimeSeconds();
    if (body.timeout() != null && (body.timeout() < 1 || body.timeout() > most)) {
      throw new ApiException(Failure.invalid("timeout", "timeout is 1 to " + most + " seconds."));
    }
    Map<String, String> environment = JobCheck.texts("environment", body.environment());
    WishCheck.variables("environment", environment);
    Map<String, String> metadata = JobCheck.texts("metadata", body.metadata());
    WishCheck.texts("metadata", metadata);
    return new JobWish(
        policy.name(),
        language,
        JobCheck.text("code", body.code()),
        Duration.ofSeconds(body.timeout() == null ? most : body.timeout()),
        environment,
        JobCheck.inputs(body.inputs()),
        JobCheck.artifacts(body.artifacts()),
        metadata);
  }

  private static UUID cursor(String after) {
    try {
      return UUID.fromString(after);
    } catch (IllegalArgumentException e) {
      throw new ApiException(Failure.invalid("after", "after is a job's id."));
    }
  }
}
