package dev.hermes.api.toolserver;

import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import dev.hermes.crds.tenant.TenantSpec;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tokens for servers: a file each, in a folder that is a Secret. Read each time, so that a token
 * may be changed; never told.
 */
@Singleton
final class Credentials {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][-A-Za-z0-9._]{0,62}");
  private static final Pattern TOKEN = Pattern.compile("[!-~]{1,4096}");

  private final Path folder;

  Credentials(@Value("${hermes.mcp.credentials-dir:/etc/hermes/mcp-credentials}") String folder) {
    this.folder = Path.of(folder);
  }

  /** Empty when the server is to be sent none. */
  Optional<String> of(TenantSpec.McpServer server) throws ToolServerFailed {
    String name = server.credential();
    if (name == null) {
      return Optional.empty();
    }
    if (!NAME.matcher(name).matches()) {
      throw new ToolServerFailed(Kind.REFUSED, "its credential's name is not one of a key");
    }
    String token = read(name);
    if (!TOKEN.matcher(token).matches()) {
      throw new ToolServerFailed(
          Kind.REFUSED, "its credential '" + name + "' is not one line of visible ASCII");
    }
    return Optional.of(token);
  }

  private String read(String name) throws ToolServerFailed {
    try {
      return Files.readString(folder.resolve(name)).strip();
    } catch (IOException e) {
      throw new ToolServerFailed(
          Kind.REFUSED,
          "its credential '" + name + "' is not in the Secret that mcp.credentialsSecret names");
    }
  }
}
