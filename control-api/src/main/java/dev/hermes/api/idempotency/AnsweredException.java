package dev.hermes.api.idempotency;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import java.util.Map;

/** Ends a request that repeats one which was answered; nothing is done again. */
public final class AnsweredException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** As Stripe names it. */
  static final String REPLAYED = "Idempotent-Replayed";

  static final String ORIGINAL = "Original-Request";

  private final transient KeptAnswer answer;
  private final String owner;

  AnsweredException(KeptAnswer answer, String owner) {
    super("answered by " + owner, null, false, false);
    this.answer = answer;
    this.owner = owner;
  }

  /** The answer as it was given; 409 when it is not kept. */
  public MutableHttpResponse<byte[]> response() {
    byte[] body = answer.body().orElseThrow(() -> new ApiException(notKept(owner)));
    MutableHttpResponse<byte[]> response = HttpResponse.status(answer.status(), "");
    answer.headers().forEach(response::header);
    return response.body(body).header(REPLAYED, "true").header(ORIGINAL, owner);
  }

  private static Failure notKept(String owner) {
    return new Failure(
        409,
        "conflict",
        "idempotency_answer_not_kept",
        KeyHeader.NAME,
        "This was done by "
            + owner
            + " and is not done again. Its answer is not kept: it was larger than 1 MiB, or its"
            + " session or its response was deleted. Send a new key to do it again.",
        Map.of("x-should-retry", "false"));
  }
}
