package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that people already have, unmodified. */
class ClientsE2E {
  private static final Path CLIENTS = Path.of(System.getProperty("e2e.root"), "e2e", "clients");

  @Test
  @DisplayName("the OpenAI Python client: models, chat, stream, tools in the sandbox, errors")
  void openaiPython() throws Exception {
    assertThat(run("bash", CLIENTS.resolve("openai.sh").toString()))
        .endsWith("openai client: ok\n");
  }

  @ParameterizedTest(name = "SBX-14 SBX-16 E2B''s client for {0}, {1}: everything it offers")
  @CsvSource({
    "javascript, current", "javascript, older", "javascript, oldest",
    "python, current", "python, older", "python, oldest"
  })
  void e2b(String language, String version) throws Exception {
    String output = run("bash", CLIENTS.resolve("e2b.sh").toString(), language, version);
    assertThat(output).endsWith("e2b " + language + " " + version + ": ok\n");
    System.out.println(output);
  }

  @Test
  @DisplayName("SBX-14 the official MCP client: tools, a session's variables, a failed call")
  void mcp() throws Exception {
    assertThat(run("bash", CLIENTS.resolve("mcp.sh").toString())).endsWith("mcp client: ok\n");
  }

  @Test
  @DisplayName("curl: a chat and a stream that ends in [DONE]")
  void curl() throws Exception {
    var url = Cluster.get().apiUrl() + "/v1/chat/completions";
    var auth = "Authorization: Bearer " + Cluster.get().quickstartKey();
    var plain =
        run(
            "curl",
            "-sS",
            "-H",
            auth,
            "-H",
            "Content-Type: application/json",
            "-d",
            "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"hello curl\"}]}",
            url);
    assertThat(plain).contains("hello curl").contains("\"object\":\"chat.completion\"");
    var stream =
        run(
            "curl",
            "-sSN",
            "-H",
            auth,
            "-H",
            "Content-Type: application/json",
            "-d",
            "{\"model\":\"demo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello curl\"}]}",
            url);
    assertThat(stream.strip()).startsWith("data: {").endsWith("data: [DONE]");
  }

  private static String run(String... command) throws Exception {
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HERMES_URL", Cluster.get().apiUrl());
    builder.environment().put("HERMES_API_KEY", Cluster.get().quickstartKey());
    var process = builder.start();
    process.getOutputStream().close();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
