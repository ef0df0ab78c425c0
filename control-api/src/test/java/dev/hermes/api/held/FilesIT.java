package dev.hermes.api.held;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of a sandbox over {@code /v1/sandboxes/{id}/files}. */
class FilesIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);
  private final String sandbox =
      "/v1/sandboxes/" + API.post("/v1/sandboxes", key, "{}").json().path("id").asText();

  private String path(String file) {
    return sandbox + "/files?path=" + URLEncoder.encode(file, StandardCharsets.UTF_8);
  }

  private int put(String file, byte[] content) throws Exception {
    return API.http()
        .send(
            API.request(path(file), key).PUT(BodyPublishers.ofByteArray(content)).build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  @Test
  @DisplayName(
      "SBX-14 bytes go in and come out as they were; a directory is listed; removed is gone")
  void roundTrip() throws Exception {
    byte[] bytes = new byte[700_000];
    new Random(7).nextBytes(bytes);
    assertThat(put("dir/data \u00fc&.bin", bytes)).isEqualTo(204);

    var read =
        API.http()
            .send(
                API.request(path("./dir/data \u00fc&.bin"), key).build(),
                BodyHandlers.ofByteArray());
    assertThat(read.body()).isEqualTo(bytes);
    JsonNode listed = API.get(sandbox + "/files/list?path=dir", key).json();
    assertThat(listed.at("/data/0/name").asText()).isEqualTo("data \u00fc&.bin");
    assertThat(listed.at("/data/0/size").asInt()).isEqualTo(bytes.length);
    assertThat(listed.at("/data/0/type").asText()).isEqualTo("file");
    assertThat(put("empty", new byte[0])).isEqualTo(204);
    assertThat(API.get(path("empty"), key).text()).isEmpty();

    assertThat(API.send("DELETE", path("dir"), key, null, request -> {}).status()).isEqualTo(204);
    assertThat(API.get(path("dir/data \u00fc&.bin"), key).status()).isEqualTo(404);
    JsonNode audit = API.get("/v1/execution-receipts", key).json();
    assertThat(audit.path("data")).as("a transfer is no execution").isEmpty();
  }

  @ParameterizedTest
  @DisplayName("SBX-13 what is not the sandbox's own is refused, with a reason")
  @ValueSource(strings = {"/proc/self/environ", "/etc/../proc/1/maps", "/dev/null", "/sys/kernel"})
  void refused(String file) throws Exception {
    Answer answer = API.get(path(file), key);
    assertThat(answer.status()).as(answer.text()).isIn(400, 403, 404);
    assertThat(answer.json().at("/error/message").asText()).isNotEmpty();
    assertThat(put(file, new byte[] {1})).isIn(400, 403, 404);
  }

  @Test
  @DisplayName("TEN-1 another tenant's sandbox does not exist; no path, no answer")
  void others() {
    RawKey other = API.userKey(API.tenant());
    assertThat(API.get(path("x"), other).status()).isEqualTo(404);
    assertThat(API.get(sandbox + "/files", key).errorCode())
        .isEqualTo("missing_required_parameter");
  }

  @Test
  @DisplayName("SBX-9 a tenant without any tool in this policy has no files either")
  void noTool() {
    API.operator().apply(tenant.withTools(List.of()));
    Awaitility.await().until(() -> API.get(path("x"), key).status() == 403);
  }
}
