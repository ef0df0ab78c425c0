package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Who waits for which answer of one server, until it comes or the server fails all of them. */
final class Waiting {
  private final Map<Long, CompletableFuture<JsonNode>> open = new ConcurrentHashMap<>();
  private volatile @Nullable ToolServerFailed failure;

  /** Before the request is sent, so that its answer finds who waits. */
  void begin(long id) {
    open.put(id, new CompletableFuture<>());
  }

  JsonNode await(long id) throws ToolServerFailed, InterruptedException {
    check();
    try {
      return Objects.requireNonNull(open.get(id), "it was begun").get();
    } catch (ExecutionException e) {
      check();
      throw new IllegalStateException(e);
    }
  }

  void end(long id) {
    open.remove(id);
  }

  /** Whether anybody waited for it. */
  boolean answered(JsonNode message) {
    long id = message.path("id").asLong();
    @Nullable CompletableFuture<JsonNode> waits =
        RpcMessages.answers(message, id) ? open.get(id) : null;
    return waits != null && waits.complete(message);
  }

  /** Everybody who waits, or ever will, is told; the first reason is kept. */
  synchronized void fail(ToolServerFailed why) {
    if (failure == null) {
      failure = why;
    }
    open.values().forEach(it -> it.completeExceptionally(why));
  }

  boolean isFailed() {
    return failure != null;
  }

  /** Throws why nobody will be answered any more. */
  void check() throws ToolServerFailed {
    @Nullable ToolServerFailed why = failure;
    if (why != null) {
      throw why;
    }
  }
}
