package dev.hermes.api.testing;

import dev.hermes.api.dataplane.DataPlane;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.Pepper;
import dev.hermes.database.key.RawKey;
import dev.hermes.database.testing.TestDatabase;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/**
 * The whole API on random ports with a real PostgreSQL, the demo model, a strict fake of an OpenAI
 * server, and pods that are the real daemon run as a process.
 */
public final class TestApi implements AutoCloseable {
  /** Shared with the egress proxy. */
  public static final String REPORT_TOKEN = "the-token-of-the-egress-proxy-in-tests";

  private static TestApi shared;

  private final TestDatabase database;
  private final boolean ownsDatabase;
  private final FakeUpstream upstream;
  private final EmbeddedServer server;
  private final Operator operator;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private TestApi(TestDatabase database, boolean ownsDatabase, Map<String, Object> more)
      throws Exception {
    this.database = database;
    this.ownsDatabase = ownsDatabase;
    this.upstream = FakeUpstream.start();
    Path secrets = Secrets.folder();
    Path providers = Files.createTempFile("providers", ".yaml");
    Files.writeString(providers, upstream.providersYaml());
    Map<String, Object> properties = new HashMap<>();
    properties.put("micronaut.server.port", -1);
    properties.put("micronaut.server.host", "127.0.0.1");
    properties.put("hermes.management-port", 0);
    properties.put("hermes.data-plane-port", 0);
    properties.put("hermes.egress-report-port", 0);
    properties.put("hermes.egress-report-token-file", secrets.resolve("report").toString());
    properties.put("hermes.db-url", database.url());
    properties.put("hermes.db-dir", database.passwordDir().toString());
    properties.put("hermes.pepper-dir", secrets.resolve("pepper").toString());
    properties.put("hermes.signing-private-file", secrets.resolve("private.pem").toString());
    properties.put("hermes.providers-file", providers.toString());
    properties.put("hermes.test.local-pods", "true");
    properties.put("hermes.test.local-tool-servers", "true");
    properties.put("hermes.mcp.credentials-dir", secrets.resolve("mcp").toString());
    properties.put("hermes.sandbox-room-wait", "3s");
    properties.putAll(more);
    this.server = ApplicationContext.run(EmbeddedServer.class, properties);
    this.operator = new Operator(database, Pepper.load(secrets.resolve("pepper")));
  }

  /** The one that most classes share; each makes tenants of its own. */
  public static synchronized TestApi shared() {
    if (shared == null) {
      shared = start(Map.of());
      Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
    }
    return shared;
  }

  public static TestApi start(Map<String, Object> more) {
    return start(TestDatabase.create(), true, more);
  }

  /** A further replica on the database of another. */
  public TestApi replica(Map<String, Object> more) {
    return start(database, false, more);
  }

  static {
    // ten seconds are few where two cores also build and run sandboxes
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  private static TestApi start(TestDatabase database, boolean owns, Map<String, Object> more) {
    try {
      TestApi api = new TestApi(database, owns, more);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> api.get("/v1/health/ready", null).status() == 200);
      return api;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  public Operator operator() {
    return operator;
  }

  public FakeUpstream upstream() {
    return upstream;
  }

  public TestDatabase database() {
    return database;
  }

  /** The first column of what a query finds, past all row-level security. */
  public List<String> column(String query) {
    try (var superuser = database.superuser();
        var rows = superuser.createStatement().executeQuery(query)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    } catch (SQLException e) {
      throw new IllegalStateException(query, e);
    }
  }

  public ApplicationContext context() {
    return server.getApplicationContext();
  }

  public int port() {
    return server.getPort();
  }

  /** On the listener for what happens inside sandboxes. */
  public URI dataPlane(String path) {
    return URI.create("http://127.0.0.1:" + context().getBean(DataPlane.class).port() + path);
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.getPort() + path);
  }

  /** A key of a user that may chat. */
  public RawKey userKey(TestTenant tenant) {
    return operator.key(
        tenant, List.of(Role.USER), List.of(Scope.READ, Scope.WRITE, Scope.EXECUTE));
  }

  public TestTenant tenant() {
    return operator.apply(TestTenant.create());
  }

  public Answer get(String path, RawKey key) {
    return send("GET", path, key, null, request -> {});
  }

  public Answer post(String path, RawKey key, String body) {
    return send("POST", path, key, body, request -> {});
  }

  public Answer chat(RawKey key, String body, String... headers) {
    return send(
        "POST",
        "/v1/chat/completions",
        key,
        body,
        request -> {
          if (headers.length > 0) {
            request.headers(headers);
          }
        });
  }

  public Answer send(
      String method, String path, RawKey key, String body, Consumer<HttpRequest.Builder> more) {
    HttpRequest.Builder request = request(path, key);
    request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    more.accept(request);
    return send(request.build());
  }

  public HttpRequest.Builder request(String path, RawKey key) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
    if (key != null) {
      request.header("Authorization", "Bearer " + key.text());
    }
    return request;
  }

  public Answer send(HttpRequest request) {
    try {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      return new Answer(response.statusCode(), response, response.body());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public HttpClient http() {
    return http;
  }

  @Override
  public void close() {
    server.close();
    upstream.close();
    if (ownsDatabase) {
      database.close();
    }
  }

  /** A body with one user message. */
  public static String ask(String model, String text, String... members) {
    StringBuilder body = new StringBuilder("{");
    if (model != null) {
      body.append("\"model\":").append(quote(model)).append(',');
    }
    body.append("\"messages\":[{\"role\":\"user\",\"content\":").append(quote(text)).append("}]");
    for (String member : members) {
      body.append(',').append(member);
    }
    return body.append('}').toString();
  }

  public static String quote(String text) {
    return com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.textNode(text).toString();
  }

  /** Pepper and signing key, made once a JVM. */
  static final class Secrets {
    private static Path folder;

    static synchronized Path folder() throws Exception {
      if (folder == null) {
        folder = Files.createTempDirectory("secrets");
        Path pepper = Files.createDirectory(folder.resolve("pepper"));
        Files.writeString(folder.resolve("report"), REPORT_TOKEN + "\n");
        Path mcp = Files.createDirectory(folder.resolve("mcp"));
        Files.writeString(mcp.resolve("token"), FakeMcpServer.TOKEN + "\n");
        Files.writeString(pepper.resolve("1"), Base64.getEncoder().encodeToString(new byte[32]));
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Files.writeString(
            folder.resolve("private.pem"),
            "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n");
      }
      return folder;
    }
  }
}
