package dev.hermes.egress.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.crds.egress.EgressReport;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Posts reports to the control API, with a token of a mounted file that is read for each. */
public final class HttpReports implements Reports {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(TIMEOUT).version(HttpClient.Version.HTTP_1_1).build();
  private final URI url;
  private final Path tokenFile;

  public HttpReports(URI url, Path tokenFile) {
    this.url = url;
    this.tokenFile = tokenFile;
  }

  @Override
  public void send(EgressReport report) throws IOException, InterruptedException {
    HttpResponse<Void> answer =
        http.send(
            HttpRequest.newBuilder(url)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + Files.readString(tokenFile).strip())
                .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(report)))
                .build(),
            HttpResponse.BodyHandlers.discarding());
    if (answer.statusCode() / 100 != 2) {
      throw new NotTakenException("the control API answered " + answer.statusCode());
    }
  }
}
