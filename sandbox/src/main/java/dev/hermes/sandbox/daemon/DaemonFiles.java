package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Files of a sandbox, whole and in memory; what is larger goes over the data plane. Paths that do
 * not start with a slash start at {@code /home/user}. What the daemon's wall refuses is a {@link
 * DaemonException.Refused}.
 */
public final class DaemonFiles {
  /** The most that is read at a time, in bytes. */
  public static final int MOST = 15 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The longest that one call may take. */
  public static final Duration LONGEST = Duration.ofSeconds(30);

  private final DaemonHttp http;
  private final Duration timeout;

  DaemonFiles(DaemonHttp http) {
    this(http, LONGEST);
  }

  private DaemonFiles(DaemonHttp http, Duration timeout) {
    this.http = http;
    this.timeout = timeout;
  }

  /**
   * The same files, by calls that take no longer; one that would is a {@link DaemonException.Late}.
   *
   * @param timeout at most {@link #LONGEST}
   */
  public DaemonFiles within(Duration timeout) {
    return new DaemonFiles(http, timeout);
  }

  /**
   * A part of a file.
   *
   * @param size of the whole file, in bytes
   */
  public record Content(byte[] bytes, long size) {
    public boolean isWhole() {
      return bytes.length == size;
    }
  }

  /**
   * An entry of a directory.
   *
   * @param type as the daemon words it: {@code FILE_TYPE_FILE}, {@code FILE_TYPE_DIRECTORY}, …
   * @param size in bytes; of a symbolic link its own
   * @param link whether it is a symbolic link; the type is then that of what it leads to
   */
  public record Entry(
      String name, String type, String path, long size, String modified, boolean link) {
    public boolean isDirectory() {
      return type.equals("FILE_TYPE_DIRECTORY");
    }
  }

  /** Reads at most {@code limit} bytes, from the start; limit is 1 to {@link #MOST}. */
  public Content read(Endpoint endpoint, String path, int limit)
      throws DaemonException, InterruptedException {
    return range(endpoint, path, "0-" + (limit - 1));
  }

  /** The same from {@code offset} on, which must be less than the file's size. */
  public Content read(Endpoint endpoint, String path, long offset, int limit)
      throws DaemonException, InterruptedException {
    return range(endpoint, path, offset + "-" + (offset + limit - 1));
  }

  /** Reads at most {@code limit} bytes, up to the end. */
  public Content tail(Endpoint endpoint, String path, int limit)
      throws DaemonException, InterruptedException {
    return range(endpoint, path, "-" + limit);
  }

  private Content range(Endpoint endpoint, String path, String range)
      throws DaemonException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(file(endpoint, path)).header("Range", "bytes=" + range);
    HttpResponse<byte[]> response = http.send(endpoint, request, timeout);
    byte[] bytes = response.body();
    long size =
        response
            .headers()
            .firstValue("Content-Range")
            .map(of -> Long.parseLong(of.substring(of.indexOf('/') + 1)))
            .orElse((long) bytes.length);
    return new Content(bytes, size);
  }

  /** Writes a file and the directories above it; one that is there is replaced. */
  public void write(Endpoint endpoint, String path, byte[] content)
      throws DaemonException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(file(endpoint, path))
            .header("Content-Type", "application/octet-stream")
            .POST(BodyPublishers.ofByteArray(content));
    http.send(endpoint, request, timeout);
  }

  /** What a directory holds, without what is below its directories. */
  public List<Entry> list(Endpoint endpoint, String path)
      throws DaemonException, InterruptedException {
    return list(endpoint, path, 1);
  }

  /**
   * What a directory holds down to a depth, each directory followed by what is in it. Symbolic
   * links below it are named and not followed. More than 10 000 entries are {@code
   * resource_exhausted}.
   */
  public List<Entry> list(Endpoint endpoint, String path, int depth)
      throws DaemonException, InterruptedException {
    ObjectNode request = JsonNodeFactory.instance.objectNode().put("path", path);
    byte[] body = call(endpoint, "ListDir", request.put("depth", depth)).body();
    List<Entry> entries = new ArrayList<>();
    try {
      for (JsonNode entry : JSON.readTree(body).path("entries")) {
        entries.add(
            new Entry(
                entry.path("name").asText(),
                entry.path("type").asText(),
                entry.path("path").asText(),
                entry.path("size").asLong(),
                entry.path("modifiedTime").asText(),
                entry.has("symlinkTarget")));
      }
    } catch (IOException e) {
      throw new DaemonException.Broken("the sandbox lists its files in no known form", e);
    }
    return entries;
  }

  /** Removes a file, or a directory and all below it. */
  public void remove(Endpoint endpoint, String path) throws DaemonException, InterruptedException {
    call(endpoint, "Remove", JsonNodeFactory.instance.objectNode().put("path", path));
  }

  private HttpResponse<byte[]> call(Endpoint endpoint, String method, ObjectNode body)
      throws DaemonException, InterruptedException {
    return http.post(endpoint, "/filesystem.Filesystem/" + method, body, timeout);
  }

  private static URI file(Endpoint endpoint, String path) {
    return DaemonClient.uri(
        endpoint, "/files?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8));
  }
}
