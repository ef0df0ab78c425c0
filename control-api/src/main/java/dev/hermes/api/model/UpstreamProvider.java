package dev.hermes.api.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.EventReader;
import dev.hermes.api.model.ModelFailed.Kind;
import dev.hermes.api.model.dialect.AnswerBuilder;
import dev.hermes.api.model.dialect.Dialect;
import dev.hermes.api.model.dialect.Inexpressible;
import dev.hermes.api.model.dialect.Refusal;
import dev.hermes.api.model.dialect.Vectors;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.trace.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/** An upstream over HTTP: one POST a model call, streamed when the client streams. */
final class UpstreamProvider implements ModelProvider {
  private static final ContentType JSON = ContentType.create("application/json");
  private static final int MOST_ANSWER = 16 << 20;
  private static final int MOST_REFUSAL = 1 << 16;

  private final ProvidersFile.Upstream upstream;
  private final UpstreamHttp http;
  private final ObjectMapper json;
  private final Dialect dialect;
  private final String base;
  private final Map<String, Price> prices;
  private final Duration silence;

  UpstreamProvider(ProvidersFile.Upstream upstream, UpstreamHttp http, ObjectMapper json) {
    this.upstream = upstream;
    this.http = http;
    this.json = json;
    this.dialect = upstream.speaks();
    this.base = upstream.baseUrl().replaceAll("/+$", "");
    this.prices = upstream.priced();
    this.silence = Duration.ofSeconds(upstream.seconds());
  }

  @Override
  public String name() {
    return upstream.name();
  }

  @Override
  public OptionalLong window(String model) {
    return upstream.window(model);
  }

  @Override
  public Price price(String model) {
    return prices.getOrDefault(model, Price.FREE);
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    String model = upstream.called(request.model());
    Step.current().with("gen_ai.response.model", model);
    byte[] body = body(() -> dialect.body(request, model));
    AnswerBuilder answer = new AnswerBuilder(name(), price(request.model()), body.length, text);
    return exchange(
        dialect.path(model, request.stream()),
        body,
        answer,
        (reply, watch) -> {
          read(request, reply, watch, answer);
          return answer.finished();
        });
  }

  @Override
  public EmbeddingAnswer embed(EmbeddingRequest request) throws InterruptedException, ModelFailed {
    String model = upstream.called(request.model());
    byte[] body = body(() -> dialect.embeddingBody(request, model));
    String path = expressed(() -> dialect.embeddingPath(model));
    AnswerBuilder nothing = new AnswerBuilder(name(), Price.FREE, body.length, text -> {});
    return exchange(
        path,
        body,
        nothing,
        (reply, watch) -> {
          Vectors vectors = dialect.vectors(json.readTree(reply.text(MOST_ANSWER)), request);
          if (vectors.each().size() != request.texts()) {
            throw new IOException("not as many vectors as texts");
          }
          TokenUsage counted =
              vectors.tokens().isPresent()
                  ? new TokenUsage(vectors.tokens().getAsLong(), 0, false)
                  : TokenUsage.estimate(request.input().toString().length(), 0);
          return new EmbeddingAnswer(
              vectors.each(), counted.at(price(request.model())), name(), false);
        });
  }

  /** Reads a body that is there, in whole or as it comes. */
  @FunctionalInterface
  private interface Reading<T> {
    T of(UpstreamReply reply, Silence watch) throws IOException, ModelFailed;
  }

  private <T> T exchange(String path, byte[] body, AnswerBuilder answer, Reading<T> reading)
      throws InterruptedException, ModelFailed {
    HttpPost request = post(path, body, answer);
    try (Silence watch = http.watch(request, silence);
        UpstreamReply reply = send(request, watch, answer)) {
      try {
        watch.heard();
        if (reply.status() != 200) {
          throw refused(reply, answer);
        }
        return reading.of(reply, watch);
      } catch (JsonProcessingException e) {
        throw failed(Kind.FAILED, UpstreamFailures.nonsense(name()), answer);
      } catch (IOException e) {
        passInterrupt(e);
        throw watch.expired()
            ? failed(Kind.SILENT, UpstreamFailures.silent(name()), answer)
            : failed(Kind.FAILED, UpstreamFailures.broken(name()), answer);
      }
    }
  }

  /** Returns once the headers are there. */
  private UpstreamReply send(HttpPost request, Silence watch, AnswerBuilder answer)
      throws InterruptedException, ModelFailed {
    try {
      return http.send(request);
    } catch (IOException e) {
      passInterrupt(e);
      throw watch.expired()
          ? failed(Kind.SILENT, UpstreamFailures.silent(name()), answer)
          : failed(Kind.UNREACHABLE, UpstreamFailures.unreachable(name()), answer);
    }
  }

  /** A thread that is interrupted finds its socket closed. */
  private static void passInterrupt(IOException e) throws InterruptedException {
    if (Thread.interrupted() || e.getCause() instanceof InterruptedException) {
      throw new InterruptedException();
    }
  }

  private void read(ModelRequest request, UpstreamReply reply, Silence watch, AnswerBuilder answer)
      throws IOException, ModelFailed {
    if (isEventStream(reply)) {
      readStream(reply, watch, answer);
    } else if (request.stream()) {
      throw failed(Kind.FAILED, UpstreamFailures.nonsense(name()), answer);
    } else {
      dialect.whole(json.readTree(reply.text(MOST_ANSWER)), answer);
    }
  }

  /** Told in the upstream's words where it has any. */
  private ModelFailed refused(UpstreamReply reply, AnswerBuilder answer) throws IOException {
    JsonNode words;
    try {
      words = json.readTree(reply.text(MOST_REFUSAL));
    } catch (JsonProcessingException e) {
      words = json.missingNode();
    }
    Refusal refusal = dialect.refusal(reply.status(), words);
    Optional<Duration> retryAfter = UpstreamFailures.retryAfter(reply).or(refusal::retryAfter);
    return new ModelFailed(
        UpstreamFailures.kind(refusal.status()),
        UpstreamFailures.of(name(), refusal, retryAfter),
        answer.usageSoFar(),
        retryAfter);
  }

  private void readStream(UpstreamReply reply, Silence watch, AnswerBuilder answer)
      throws IOException, ModelFailed {
    EventReader events = new EventReader(reply.body(), MOST_ANSWER);
    for (Optional<String> data = events.next(); data.isPresent(); data = events.next()) {
      watch.away();
      if (dialect.isEnd(data.get())) {
        answer.done();
        http.leave(reply);
        return;
      }
      JsonNode chunk = json.readTree(data.get());
      if (chunk.hasNonNull("error")) {
        Refusal refusal = dialect.refusal(reply.status(), chunk);
        throw failed(Kind.FAILED, UpstreamFailures.inStream(name(), refusal), answer);
      }
      dialect.event(chunk, answer);
      watch.heard();
    }
    if (watch.expired()) {
      throw failed(Kind.SILENT, UpstreamFailures.silent(name()), answer);
    }
    answer.ended();
  }

  private HttpPost post(String path, byte[] body, AnswerBuilder answer) throws ModelFailed {
    HttpPost request = new HttpPost(base + path);
    request.setEntity(new ByteArrayEntity(body, JSON));
    request.setHeader("Accept", "application/json, text/event-stream");
    dialect.headers(request::setHeader);
    try {
      key().ifPresent(key -> dialect.authorize(request::setHeader, key));
    } catch (IOException e) {
      throw failed(Kind.MISCONFIGURED, UpstreamFailures.keyless(name()), answer);
    }
    if (upstream.tracesOn()) {
      Step.traceparent().ifPresent(parent -> request.setHeader("traceparent", parent));
    }
    return request;
  }

  /** Read for each call, so that a rotated key file works at once. */
  private Optional<String> key() throws IOException {
    String file = upstream.apiKeyFile();
    return file == null ? Optional.empty() : Optional.of(Files.readString(Path.of(file)).strip());
  }

  /** Puts a request into the dialect's words. */
  @FunctionalInterface
  private interface Wording<T> {
    T of() throws Inexpressible;
  }

  private static <T> T expressed(Wording<T> wording) throws ModelFailed {
    try {
      return wording.of();
    } catch (Inexpressible e) {
      // another upstream of the model may speak otherwise
      throw new ModelFailed(
          Kind.ABSENT, Failure.unsupported(e.param(), e.message()), TokenUsage.NONE);
    }
  }

  private byte[] body(Wording<ObjectNode> wording) throws ModelFailed {
    try {
      return json.writeValueAsBytes(expressed(wording));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  private static boolean isEventStream(UpstreamReply reply) {
    return reply.header("Content-Type").orElse("").startsWith("text/event-stream");
  }

  private static ModelFailed failed(Kind kind, Failure failure, AnswerBuilder answer) {
    return new ModelFailed(kind, failure, answer.usageSoFar());
  }
}
