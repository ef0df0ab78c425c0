package dev.hermes.api.testing;

import dev.hermes.crds.tenant.TenantSpec;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The strict server of {@code mcp/server.py}, and what it has heard in all its processes. */
public final class StdioServer {
  private final Path log;
  private final List<String> command;

  /**
   * @param mode how it behaves as a whole; empty: well
   * @param tools by their names, which say how they behave
   */
  public StdioServer(String mode, String... tools) {
    try {
      log = Files.createTempFile("mcp", ".log");
      Path script = Path.of(StdioServer.class.getResource("/mcp/server.py").toURI());
      command = List.of("python3", script.toString(), String.join(",", tools), mode);
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As a Tenant names it. */
  public TenantSpec.McpServer named(String name, String... allowed) {
    return named(name, 3, allowed);
  }

  public TenantSpec.McpServer named(String name, int seconds, String... allowed) {
    return TenantSpec.McpServer.run(
        name,
        command,
        List.of(
            new TenantSpec.Variable("LOG", log.toString()),
            new TenantSpec.Variable("GREETING", "hello")),
        List.of(allowed),
        seconds);
  }

  /** Methods and the like, oldest first. */
  public List<String> heard() {
    return lines().map(it -> it.substring(it.indexOf(' ') + 1)).toList();
  }

  public long count(String method) {
    return heard().stream().filter(method::equals).count();
  }

  /** How many processes of it there were. */
  public long processes() {
    return lines().map(it -> it.substring(0, it.indexOf(' '))).distinct().count();
  }

  /** Those of its processes that live. */
  public long alive() {
    return lines()
        .map(it -> Long.parseLong(it.substring(0, it.indexOf(' '))))
        .distinct()
        .filter(pid -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false))
        .count();
  }

  /** What it would not have from a client. */
  public List<String> refusals() {
    return heard().stream().filter(it -> it.startsWith("refused")).toList();
  }

  private Stream<String> lines() {
    try {
      return Files.readAllLines(log).stream();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
