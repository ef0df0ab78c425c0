package dev.hermes.operator.sandboxpolicy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the network canary which forbidden places do answer from a pod without walls. Only what
 * answers there may prove, by its refusal, that a sandbox is walled in.
 */
public final class NetCanary implements Supplier<DenyTargets> {
  private static final Logger log = LoggerFactory.getLogger(NetCanary.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Optional<URI> url;
  private final Clock clock;
  private final Runnable onChange;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(TIMEOUT).version(HttpClient.Version.HTTP_1_1).build();
  private final TargetMemory memory = new TargetMemory();
  private volatile DenyTargets current;

  /**
   * @param onChange called when the targets or the problem are others than before
   */
  public NetCanary(Optional<String> url, Clock clock, Runnable onChange) {
    this.url = url.map(base -> URI.create(base + "/targets"));
    this.clock = clock;
    this.onChange = onChange;
    this.current =
        new DenyTargets(
            List.of(),
            Optional.of(
                url.isPresent()
                    ? "the network canary was not asked yet"
                    : "HERMES_NETCANARY_URL is not set"));
  }

  @Override
  public DenyTargets get() {
    return current;
  }

  /** One look; called every ten seconds. */
  public void poll() {
    if (url.isEmpty()) {
      return;
    }
    try {
      memory.report(ask(url.get()), clock.instant());
    } catch (IOException e) {
      log.info("network canary: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    DenyTargets now = memory.at(clock.instant());
    boolean changed = !now.equals(current);
    current = now;
    if (changed) {
      log.info("start gate targets: {} {}", now.addresses(), now.problem().orElse(""));
      onChange.run();
    }
  }

  private List<TargetMemory.Target> ask(URI uri) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("the network canary answered " + answer.statusCode());
    }
    return targets(answer.body());
  }

  static List<TargetMemory.Target> targets(String body) throws IOException {
    List<TargetMemory.Target> targets = new ArrayList<>();
    for (JsonNode target : JSON.readTree(body).path("targets")) {
      targets.add(
          new TargetMemory.Target(
              target.path("name").asText(),
              target.path("address").asText(),
              target.path("answers").asBoolean()));
    }
    return targets;
  }
}
