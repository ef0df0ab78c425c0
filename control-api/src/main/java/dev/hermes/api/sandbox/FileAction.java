package dev.hermes.api.sandbox;

import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.DaemonFiles;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.ExecResult;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a model may do with a file of its sandbox. */
public sealed interface FileAction {
  String path();

  /** Reads text from its start. */
  record Read(String path) implements FileAction {}

  /** Writes text, in place of what is there. */
  record Write(String path, String content) implements FileAction {}

  /** Names what a directory holds. */
  record Listing(String path) implements FileAction {}

  /** Removes a file, or a directory and all below it. */
  record Remove(String path) implements FileAction {}

  /**
   * Does it; what the sandbox refuses, such as a file that is not there, is its outcome, and so is
   * that it took too long.
   */
  default ExecResult perform(DaemonFiles files, Endpoint endpoint, int outputBytes)
      throws DaemonException, InterruptedException {
    long begun = System.nanoTime();
    try {
      return switch (this) {
        case Read read -> read(files.read(endpoint, read.path(), outputBytes), begun);
        case Write write -> {
          byte[] content = write.content().getBytes(StandardCharsets.UTF_8);
          files.write(endpoint, write.path(), content);
          yield done("wrote " + content.length + " bytes to " + write.path(), false, begun);
        }
        case Listing listing -> list(files.list(endpoint, listing.path()), outputBytes, begun);
        case Remove remove -> {
          files.remove(endpoint, remove.path());
          yield done("removed " + remove.path(), false, begun);
        }
      };
    } catch (DaemonException.Refused e) {
      return failed("FileError", path() + ": " + e.getMessage(), begun);
    } catch (DaemonException.Late e) {
      return failed(
          "TimeoutError", path() + ": not within the time; it may have been done in part", begun);
    }
  }

  private static ExecResult read(DaemonFiles.Content content, long begun) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
    ByteBuffer bytes = ByteBuffer.wrap(content.bytes());
    // a cut may fall into a character: its beginning is left out
    for (int cut = 0; cut < 4; cut++) {
      try {
        bytes.position(0).limit(Math.max(0, content.bytes().length - cut));
        return done(decoder.decode(bytes).toString(), !content.isWhole(), begun);
      } catch (CharacterCodingException e) {
        if (content.isWhole()) {
          break;
        }
      }
    }
    return failed(
        "FileError", "it is not text in UTF-8 but " + content.size() + " bytes of data", begun);
  }

  private static ExecResult list(List<DaemonFiles.Entry> entries, int outputBytes, long begun) {
    String text =
        entries.stream()
            .map(entry ->
                entry.isDirectory() ? entry.name() + "/" : entry.name() + "  " + entry.size())
            .collect(Collectors.joining("\n"));
    boolean cut = text.length() > outputBytes;
    if (cut) {
      text = text.substring(0, Math.max(0, text.lastIndexOf('\n', outputBytes)));
    }
    return done(text.isEmpty() ? "(nothing)" : text, cut, begun);
  }

  private static ExecResult done(String text, boolean truncated, long begun) {
    return new ExecResult(text, "", Optional.empty(), Optional.empty(), 0, truncated, since(begun));
  }

  private static ExecResult failed(String name, String message, long begun) {
    return new ExecResult(
        "",
        "",
        Optional.empty(),
        Optional.of(new ExecResult.ExecError(name, message, "")),
        1,
        false,
        since(begun));
  }

  private static Duration since(long begun) {
    return Duration.ofNanos(System.nanoTime() - begun);
  }
}
