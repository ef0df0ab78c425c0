package dev.hermes.api.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;

/**
 * What stood under a key when a request came with it.
 *
 * @param mine whether the key is the request's now
 * @param owner the request before; empty when there was none, or it came in the same moment
 * @param same whether that one asked for the same
 * @param over whether its time was over, so that nothing of it counts
 */
record Found(
    boolean mine,
    Optional<String> owner,
    boolean same,
    boolean over,
    Optional<String> progress,
    Optional<KeptAnswer> answer) {
  private static final TypeReference<Map<String, String>> HEADERS = new TypeReference<>() {};

  static Found of(ResultSet row, ObjectMapper json) throws SQLException {
    int status = row.getInt("status");
    boolean answered = !row.wasNull();
    return new Found(
        row.getBoolean("mine"),
        Optional.ofNullable(row.getString("owner")),
        row.getBoolean("same"),
        row.getBoolean("over"),
        Optional.ofNullable(row.getString("progress")),
        answered
            ? Optional.of(
                new KeptAnswer(
                    status,
                    headers(row.getString("headers"), json),
                    Optional.ofNullable(row.getBytes("body"))))
            : Optional.empty());
  }

  private static Map<String, String> headers(String kept, ObjectMapper json) {
    try {
      return json.readValue(kept, HEADERS);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the headers of a kept answer are unreadable", e);
    }
  }

  /** What the request is to those before it; empty: there was none that counts. */
  Optional<Repetition> repetition() {
    if (mine) {
      return owner.filter(_ -> !over).map(_ -> Repetition.RESUMED);
    }
    if (over || owner.isEmpty()) {
      return Optional.of(Repetition.IN_PROGRESS);
    }
    if (!same) {
      return Optional.of(Repetition.REUSED);
    }
    return Optional.of(
        answer
            .map(it -> it.body().isPresent() ? Repetition.REPLAYED : Repetition.NOT_KEPT)
            .orElse(Repetition.IN_PROGRESS));
  }

  /** Why the request is not done. */
  RuntimeException refusal() {
    return switch (repetition().orElse(Repetition.IN_PROGRESS)) {
      case REPLAYED, NOT_KEPT -> new AnsweredException(answer.orElseThrow(), owner.orElseThrow());
      case REUSED -> reused();
      case IN_PROGRESS, RESUMED -> inUse();
    };
  }

  private static ApiException reused() {
    return new ApiException(
        new Failure(
            422,
            "invalid_request_error",
            "idempotency_key_reused",
            KeyHeader.NAME,
            "This key was sent with another request before. Send that one, or a new key.",
            Map.of("x-should-retry", "false")));
  }

  /** Another request is at work for the key. */
  static ApiException inUse() {
    return new ApiException(
        new Failure(
                409,
                "conflict",
                "idempotency_key_in_use",
                KeyHeader.NAME,
                "A request with this key is at work. Send it again to get its answer.",
                Map.of("x-should-retry", "true"))
            .retryAfter(1));
  }
}
