package dev.hermes.api.dataplane;

import dev.hermes.crds.Tool;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What passes between an app and a daemon: which routes, and of which tool they are. */
final class Routes {
  /** What one connection says to the next one, and what is said to us alone. */
  private static final List<CharSequence> OURS =
      List.of(
          HttpHeaderNames.CONNECTION,
          HttpHeaderNames.PROXY_CONNECTION,
          "keep-alive",
          HttpHeaderNames.TE,
          HttpHeaderNames.TRAILER,
          HttpHeaderNames.UPGRADE,
          HttpHeaderNames.EXPECT,
          HttpHeaderNames.AUTHORIZATION,
          HttpHeaderNames.PROXY_AUTHORIZATION,
          HttpHeaderNames.COOKIE,
          "x-api-key",
          "x-access-token",
          "e2b-traffic-access-token",
          "e2b-sandbox-id",
          "e2b-sandbox-port");

  /** Of the daemon's routes, those that run what they are sent. */
  private static final Set<String> EXECUTIONS = Set.of("/process.Process/Start", "/execute");

  private Routes() {}

  /**
   * Whether apps may ask a daemon for this; what the platform alone asks for is not there. The
   * daemon would take an escaped letter for the letter, and a path here would be another one there.
   */
  static boolean isOffered(String path) {
    return path.startsWith("/") && path.indexOf('%') < 0 && !path.equals("/init");
  }

  /** The tool that a path uses; empty when it uses none. */
  static Optional<Tool> tool(String path) {
    if (path.startsWith("/process.Process/")) {
      return Optional.of(Tool.BASH);
    }
    if (path.equals("/execute") || path.startsWith("/contexts")) {
      return Optional.of(Tool.PYTHON);
    }
    return Optional.empty();
  }

  /**
   * The tool of which a request begins an execution; empty when it begins none. Start and /execute
   * run what they are sent. Connect, List, Update, SendInput, StreamInput, CloseStdin and
   * SendSignal serve a process that a Start began: what is typed into it belongs to that run. Below
   * /contexts interpreters are made, listed, restarted and removed; they run nothing before an
   * /execute.
   */
  static Optional<Tool> begins(HttpMethod method, String path) {
    return method.equals(HttpMethod.POST) && EXECUTIONS.contains(path)
        ? tool(path)
        : Optional.empty();
  }

  /** Whether an answer says where it ends, other than by the end of its connection. */
  static boolean isDelimited(HttpResponse response) {
    return HttpUtil.isTransferEncodingChunked(response)
        || response.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
        || response.status().code() == 204
        || response.status().code() == 304;
  }

  /** Makes a client's headers the daemon's. */
  static void toDaemon(HttpHeaders headers, Verdict.Admitted target) {
    OURS.forEach(headers::remove);
    headers.names().stream()
        .filter(name -> name.regionMatches(true, 0, "x-hermes-", 0, 9))
        .toList()
        .forEach(headers::remove);
    headers
        .set(HttpHeaderNames.HOST, target.endpoint().toString())
        .set("X-Access-Token", target.token())
        .set("X-Hermes-Plane", "data");
  }

  /** Makes a daemon's headers the client's. */
  static void toClient(HttpHeaders headers, boolean keepAlive) {
    headers.remove(HttpHeaderNames.CONNECTION);
    headers.remove("x-hermes-pod-uid");
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, "close");
    }
  }
}
