package dev.hermes.egress.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.PolicyState;
import dev.hermes.egress.destination.AllowList;
import dev.hermes.egress.testing.Client;
import dev.hermes.egress.testing.Proxy;
import dev.hermes.egress.testing.Upstream;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Requests in absolute form, on real sockets. */
class ForwardTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private Proxy proxy = new Proxy();

  @AfterEach
  void close() {
    proxy.close();
  }

  private String answer(String request) throws Exception {
    try (Client client = proxy.client().send(request)) {
      return client.rest();
    }
  }

  @Test
  @DisplayName("SBX-8 an allowed name: rewritten, without our credentials; each byte counted")
  void allowed() throws Exception {
    try (Upstream upstream = Upstream.answering(OK)) {
      String authority = proxy.serve("a.example", upstream);
      String answer = answer(proxy.get(authority, "/simple/?q=1"));
      assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nok");
      assertThat(answer).contains("Connection: close\r\n");
      assertThat(upstream.got())
          .startsWith("GET /simple/?q=1 HTTP/1.1\r\nHost: " + authority + "\r\n")
          .doesNotContainIgnoringCase("proxy-authorization");
      assertThat(proxy.heard.sent.get()).isEqualTo(upstream.bytes().length);
      assertThat(proxy.heard.received.get()).isEqualTo(answer.length());
    }
    await().atMost(Duration.ofSeconds(3)).until(() -> proxy.connections.open() == 0);
  }

  @Test
  @DisplayName("names below a suffix, and not the suffix itself")
  void wildcard() throws Exception {
    try (Upstream upstream = Upstream.answering(OK)) {
      proxy.names.answer("x.wild.example", "127.0.0.1").answer("wild.example", "127.0.0.1");
      proxy.allow("*.wild.example:" + upstream.port());
      assertThat(answer(proxy.get("x.wild.example:" + upstream.port(), "/"))).endsWith("ok");
      assertThat(answer(proxy.get("wild.example:" + upstream.port(), "/")))
          .startsWith("HTTP/1.1 403 ");
      assertThat(answer(proxy.get("xwild.example:" + upstream.port(), "/")))
          .startsWith("HTTP/1.1 403 ");
    }
  }

  @Test
  @DisplayName("a redirect is the client's to follow, and its target is judged like any other")
  void redirect() throws Exception {
    String redirect =
        "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n";
    try (Upstream upstream = Upstream.answering(redirect)) {
      String authority = proxy.serve("a.example", upstream);
      assertThat(answer(proxy.get(authority, "/")))
          .startsWith("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\n");
      assertThat(answer(proxy.get("169.254.169.254", "/latest/"))).startsWith("HTTP/1.1 403 ");
      assertThat(proxy.heard.denied).containsExactly(EgressReason.AddressLiteral);
    }
  }

  @Test
  @DisplayName("one request a connection: what follows the first one reaches nobody")
  void smuggled() throws Exception {
    try (Upstream upstream = Upstream.answering(OK)) {
      String authority = proxy.serve("a.example", upstream);
      String second = "GET /second HTTP/1.1\r\nHost: fronted.example\r\n\r\n";
      for (String first :
          new String[] {
            proxy.get(authority, "/"),
            "POST http://"
                + authority
                + "/ HTTP/1.1\r\n"
                + proxy.credentials()
                + "Content-Length: 5\r\n\r\nhello",
            "POST http://"
                + authority
                + "/ HTTP/1.1\r\n"
                + proxy.credentials()
                + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
          }) {
        assertThat(answer(first + second)).endsWith("ok");
      }
      assertThat(upstream.connections()).isEqualTo(3);
      assertThat(upstream.got()).doesNotContain("second").doesNotContain("fronted");
      assertThat(upstream.got()).contains("\r\n\r\nhello").contains("0\r\n\r\n");
    }
  }

  @Test
  @DisplayName("a request that can be read in two ways reaches nobody: 400")
  void ambiguous() throws Exception {
    try (Upstream upstream = Upstream.answering(OK)) {
      String authority = proxy.serve("a.example", upstream);
      String post = "POST http://" + authority + "/ HTTP/1.1\r\n" + proxy.credentials();
      for (String fields :
          new String[] {
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "X: a\r\n folded\r\n\r\n",
            "X: a\nContent-Length: 5\r\n\r\nhello",
            "Host: other.example\r\n\r\n"
          }) {
        assertThat(answer(post + fields)).startsWith("HTTP/1.1 400 ");
      }
      assertThat(upstream.connections()).isZero();
      assertThat(proxy.heard.denied).containsOnly(EgressReason.RequestInvalid);
      assertThat(answer(post + "Content-Length: 5\r\n\r\nhello")).as("control").endsWith("ok");
    }
  }

  @Test
  @DisplayName("a chunk that is not one cuts the request before it is whole")
  void badChunk() throws Exception {
    try (Upstream upstream = Upstream.echo()) {
      String authority = proxy.serve("a.example", upstream);
      answer(
          "POST http://"
              + authority
              + "/ HTTP/1.1\r\n"
              + proxy.credentials()
              + "Transfer-Encoding: chunked\r\n\r\n5;x=\"\nGET /second HTTP/1.1\r\n\r\n");
      assertThat(upstream.got()).doesNotContain("second");
      assertThat(proxy.heard.denied).containsExactly(EgressReason.RequestInvalid);
    }
  }

  @Test
  @DisplayName("answers with a length, in chunks, up to the end, bare and interim")
  void answers() throws Exception {
    for (String[] pair :
        new String[][] {
          {
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "0\r\n\r\n"
          },
          {"HTTP/1.1 204 No Content\r\n\r\n", "\r\n\r\n"},
          {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
          {"HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"}
        }) {
      try (Upstream upstream =
          new Upstream((socket, self) -> {
            byte[] buffer = new byte[4096];
            int length = socket.getInputStream().read(buffer);
            self.keep(buffer, length);
            socket.getOutputStream().write(pair[0].getBytes());
          })) {
        assertThat(answer(proxy.get(proxy.serve("a.example", upstream), "/"))).endsWith(pair[1]);
      }
    }
  }

  @Test
  @DisplayName("an answer that is none is 502, whatever it would have told the client")
  void badAnswers() throws Exception {
    for (String bad :
        new String[] {
          "SSH-2.0-x\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
          "HTTP/1.1 200 OK\nX: y\n\nok"
        }) {
      try (Upstream upstream = Upstream.answering(bad)) {
        String answer = answer(proxy.get(proxy.serve("a.example", upstream), "/"));
        assertThat(answer).startsWith("HTTP/1.1 502 ").doesNotContain("raw");
      }
    }
  }

  @Test
  @DisplayName("SBX-8 a slow reader stops the sender: what waits in between is bounded")
  void slowReader() throws Exception {
    long size = 200L * 1024 * 1024;
    try (Upstream upstream =
        new Upstream((socket, self) -> {
          socket.getInputStream().read(new byte[4096]);
          socket
              .getOutputStream()
              .write(("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n").getBytes());
          byte[] part = new byte[64 * 1024];
          for (long left = size; left > 0; left -= part.length) {
            socket.getOutputStream().write(part);
            self.keep(new byte[1], 1);
          }
        })) {
      String authority = proxy.serve("a.example", upstream);
      try (Client client = proxy.client().send(proxy.get(authority, "/"))) {
        client.read(1);
        Thread.sleep(700);
        int parts = upstream.bytes().length;
        Thread.sleep(300);
        assertThat(upstream.bytes().length).as("the sender stands still").isEqualTo(parts);
        assertThat(parts * 64L * 1024).isLessThan(size / 4);
        assertThat(proxy.heard.received.get()).isLessThan(16L * 1024 * 1024);
        long got = 1;
        byte[] buffer = new byte[256 * 1024];
        for (int n = client.socket().getInputStream().read(buffer);
            n >= 0;
            n = client.socket().getInputStream().read(buffer)) {
          got += n;
        }
        assertThat(got).as("control: and all of it comes").isGreaterThan(size);
        assertThat(proxy.heard.received.get()).isEqualTo(got);
      }
    }
  }

  @Test
  @DisplayName(
      "SBX-10 a call-back reaches the API at listed paths, with the caller's own key alone")
  void callback() throws Exception {
    try (Upstream api = Upstream.answering(OK)) {
      proxy.close();
      proxy = new Proxy(Proxy.quick(), api.port());
      proxy.registry.put(new PolicyState("default", AllowList.NONE, true));
      String platform = "platform.hermes.internal";
      String request =
          "GET http://"
              + platform
              + "/v1/me HTTP/1.1\r\nHost: "
              + platform
              + "\r\n"
              + "Authorization: Bearer own\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n"
              + proxy.credentials()
              + "\r\n";
      assertThat(answer(request)).endsWith("ok");
      assertThat(api.got())
          .startsWith("GET /v1/me HTTP/1.1\r\n")
          .contains("Host: hermes-api.test:" + api.port() + "\r\n")
          .contains("Authorization: Bearer own\r\n")
          .doesNotContain("1.2.3.4")
          .doesNotContainIgnoringCase("proxy-authorization");
      assertThat(proxy.heard.sent.get()).as("it does not leave the platform").isZero();

      for (String path : new String[] {"/v1/keys", "/v1/me/../keys", "/v1/me%2f", "//v1/me"}) {
        assertThat(answer(proxy.get(platform, path))).startsWith("HTTP/1.1 403 ");
      }
      assertThat(answer(proxy.connect(platform + ":80"))).startsWith("HTTP/1.1 403 ");
      proxy.registry.put(new PolicyState("default", AllowList.NONE, false));
      assertThat(answer(request)).startsWith("HTTP/1.1 403 ");
      assertThat(api.connections()).isEqualTo(1);
    }
  }
}
