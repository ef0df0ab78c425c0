package dev.hermes.egress.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.testing.Proxy;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tool that most sandboxes go out for, unmodified, against an index of the test. */
class PipTest {
  private static final String WHEEL = "demo-1.0-py3-none-any.whl";

  @TempDir Path dir;
  private final Proxy proxy = new Proxy();

  @BeforeEach
  void pip() throws Exception {
    assumeTrue(run(List.of("python3", "-m", "pip", "--version")).status() == 0, "no pip here");
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  private record Run(int status, String output) {}

  private Run run(List<String> command) throws Exception {
    return run(command, "");
  }

  private Run run(List<String> command, String proxyUrl) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Map<String, String> env = builder.environment();
    // settings of this machine (indexes, proxies, certificates) must not decide
    env.keySet().removeIf(name -> !name.equals("PATH"));
    env.put("HOME", dir.toString());
    env.put("PIP_CONFIG_FILE", "/dev/null");
    if (!proxyUrl.isEmpty()) {
      env.put("HTTP_PROXY", proxyUrl);
      env.put("HTTPS_PROXY", proxyUrl);
      env.put("http_proxy", proxyUrl);
      env.put("https_proxy", proxyUrl);
    }
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), output);
  }

  private static byte[] wheel() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, String> file :
          Map.of(
                  "demo.py", "VALUE = 42\n",
                  "demo-1.0.dist-info/METADATA",
                      "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
                  "demo-1.0.dist-info/WHEEL",
                      "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                  "demo-1.0.dist-info/RECORD", "")
              .entrySet()) {
        zip.putNextEntry(new ZipEntry(file.getKey()));
        zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toByteArray();
  }

  private static void serve(HttpServer index) throws Exception {
    byte[] wheel = wheel();
    index.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String path = exchange.getRequestURI().getPath();
            byte[] body =
                path.endsWith(".whl")
                    ? wheel
                    : ("<html><body><a href=\"/files/"
                            + WHEEL
                            + "\">"
                            + WHEEL
                            + "</a></body></html>")
                        .getBytes(StandardCharsets.UTF_8);
            exchange
                .getResponseHeaders()
                .set("Content-Type", path.endsWith(".whl") ? "application/zip" : "text/html");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    index.start();
  }

  private Run install(String indexUrl, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "python3",
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-cache-dir",
                "--retries=0",
                "--timeout=5",
                "--target=" + dir.resolve("site"),
                "--index-url=" + indexUrl));
    command.addAll(List.of(more));
    command.add("demo");
    return run(
        command, "http://sandbox:" + proxy.tokens.of(Proxy.UID) + "@127.0.0.1:" + proxy.port());
  }

  private void assertInstalls(String name, int port, String url, String... more) throws Exception {
    Run refused = install(url, more);
    assertThat(refused.status()).as("control: not listed").isNotZero();
    assertThat(proxy.heard.denied).isNotEmpty().containsOnly(EgressReason.HostNotAllowed);

    proxy.allow(name + ":" + port);
    Run installed = install(url, more);
    assertThat(installed.status()).as(installed.output()).isZero();
    assertThat(Files.readString(dir.resolve("site/demo.py"))).isEqualTo("VALUE = 42\n");
  }

  @Test
  @DisplayName("SBX-8 pip installs from a listed index over http")
  void http() throws Exception {
    HttpServer index =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    serve(index);
    int port = index.getAddress().getPort();
    proxy.names.answer("a.example", "127.0.0.1");
    assertInstalls(
        "a.example", port, "http://a.example:" + port + "/simple", "--trusted-host=a.example");
    index.stop(0);
  }

  @Test
  @DisplayName("SBX-8 pip installs from a listed index over https, and sees its certificate")
  void https() throws Exception {
    Path store = dir.resolve("key.p12");
    Path certificate = dir.resolve("cert.pem");
    keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-dname",
        "CN=a.example",
        "-ext",
        "SAN=dns:a.example",
        "-validity",
        "2");
    keytool("-exportcert", "-rfc", "-keystore", store.toString(), "-file", certificate.toString());
    KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, "changeit".toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer index =
        HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    index.setHttpsConfigurator(new HttpsConfigurator(tls));
    serve(index);
    int port = index.getAddress().getPort();
    proxy.names.answer("a.example", "127.0.0.1");
    assertInstalls(
        "a.example", port, "https://a.example:" + port + "/simple", "--cert=" + certificate);
    index.stop(0);
  }

  private void keytool(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("-alias", "a", "-storepass", "changeit"));
    Run run = run(command);
    assertThat(run.status()).as(run.output()).isZero();
  }
}
