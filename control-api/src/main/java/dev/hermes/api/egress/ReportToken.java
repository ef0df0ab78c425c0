package dev.hermes.api.egress;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret that the egress proxy shares with this API; read for each report, so it may change.
 */
final class ReportToken {
  private static final Logger LOG = LoggerFactory.getLogger(ReportToken.class);
  private static final String BEARER = "Bearer ";

  /** Shorter ones could be guessed; the bootstrap Job makes 32 characters. */
  private static final int LEAST = 16;

  private final Path file;

  ReportToken(Path file) {
    this.file = file;
  }

  /** Whether the header carries the token. Throws 503 while there is none to compare with. */
  boolean isIn(Optional<String> authorization) {
    byte[] token = token();
    return authorization
        .filter(header -> header.startsWith(BEARER))
        .map(header -> header.substring(BEARER.length()).getBytes(StandardCharsets.UTF_8))
        .filter(sent -> MessageDigest.isEqual(sent, token))
        .isPresent();
  }

  private byte[] token() {
    try {
      String token = Files.readString(file).strip();
      if (token.length() >= LEAST) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      LOG.error("{} holds fewer than {} characters: no report is taken", file, LEAST);
    } catch (IOException e) {
      LOG.error("the token for egress reports cannot be read: {}", e.toString());
    }
    throw new ApiException(
        Failure.unavailable("report_token_missing", "The token for reports cannot be read.")
            .retryAfter(5));
  }
}
