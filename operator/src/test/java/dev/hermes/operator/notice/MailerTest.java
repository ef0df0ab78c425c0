package dev.hermes.operator.notice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.operator.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MailerTest {
  private static final Clock CLOCK = Clock.fixed(Fixtures.NOW, ZoneOffset.UTC);

  @TempDir Path folder;

  private static Mailer mailer(int port, MailServer.Security security, Optional<Path> login) {
    return new Mailer(
        new MailServer("127.0.0.1", port, security, "hermes@example.com", login), CLOCK);
  }

  private static Mail mail(String... to) {
    return new Mail(
        List.of(to), "a key with ümlaut", ".\nfirst line\n" + "x".repeat(2000) + "\nü\n", "kid.1");
  }

  @Test
  @DisplayName("CRM-9 a strict server takes the mail: envelope, headers, long and dotted lines")
  void sends() throws Exception {
    try (StrictSmtp server = new StrictSmtp("")) {
      mailer(server.port(), MailServer.Security.NONE, Optional.empty())
          .send(mail("one@example.com", "two@example.com"));

      assertThat(server.refusals()).isEmpty();
      assertThat(server.received())
          .singleElement()
          .satisfies(received -> {
            assertThat(received.from()).isEqualTo("hermes@example.com");
            assertThat(received.to()).containsExactly("one@example.com", "two@example.com");
            assertThat(received.mail())
                .contains("Message-ID: <kid.1@example.com>")
                .contains("Auto-Submitted: auto-generated")
                .contains("Date: Sat, 1 Aug 2026");
          });
    }
  }

  @Test
  @DisplayName("a recipient that is refused does not keep the mail from the others")
  void partly() throws Exception {
    try (StrictSmtp server = new StrictSmtp("")) {
      Mailer mailer = mailer(server.port(), MailServer.Security.NONE, Optional.empty());
      mailer.send(mail("nobody@example.com", "two@example.com"));
      assertThat(server.received())
          .singleElement()
          .satisfies(received -> assertThat(received.to()).containsExactly("two@example.com"));

      assertThatThrownBy(() -> mailer.send(mail("nobody@example.com")))
          .isInstanceOf(Mailer.NotSentException.class)
          .hasMessageContaining("refused every recipient");
    }
  }

  @Test
  @DisplayName("user name and password are those of the folder; the failure does not print them")
  void login() throws Exception {
    try (StrictSmtp server = new StrictSmtp("ada:canary-password")) {
      Mailer mailer = mailer(server.port(), MailServer.Security.NONE, Optional.of(folder));
      write("canary-password");
      mailer.send(mail("one@example.com"));
      assertThat(server.received()).hasSize(1);

      write("canary-wrong");
      assertThatThrownBy(() -> mailer.send(mail("one@example.com")))
          .isInstanceOf(Mailer.NotSentException.class)
          .hasMessageContaining("refused user name or password")
          .hasMessageNotContaining("canary");
    }
  }

  private void write(String password) throws IOException {
    Files.writeString(folder.resolve("username"), "ada\n");
    Files.writeString(folder.resolve("password"), password + "\n");
  }

  @Test
  @DisplayName(
      "a server without STARTTLS gets no mail when TLS is asked for; control: it does without")
  void noDowngrade() throws Exception {
    try (StrictSmtp server = new StrictSmtp("")) {
      for (MailServer.Security security :
          List.of(MailServer.Security.STARTTLS, MailServer.Security.TLS)) {
        assertThatThrownBy(() ->
                mailer(server.port(), security, Optional.empty()).send(mail("one@example.com")))
            .isInstanceOf(Mailer.NotSentException.class);
      }
      assertThat(server.received()).isEmpty();
      assertThatCode(() ->
              mailer(server.port(), MailServer.Security.NONE, Optional.empty())
                  .send(mail("one@example.com")))
          .doesNotThrowAnyException();
    }
  }

  @Test
  @DisplayName(
      "a server that is away is a failure with its address and not an exception of the library")
  void away() throws IOException {
    int port;
    try (StrictSmtp server = new StrictSmtp("")) {
      port = server.port();
    }
    assertThatThrownBy(() ->
            mailer(port, MailServer.Security.NONE, Optional.empty()).send(mail("one@example.com")))
        .isInstanceOf(Mailer.NotSentException.class)
        .hasMessageContaining("127.0.0.1:" + port);
  }
}
