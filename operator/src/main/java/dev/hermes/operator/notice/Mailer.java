package dev.hermes.operator.notice;

import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Date;
import java.util.Properties;

/** Hands mail to the installation's mail server; slow when the server is. */
public final class Mailer {
  private static final String CONNECT_MILLIS = "5000";
  private static final String ANSWER_MILLIS = "10000";

  private final MailServer server;
  private final Clock clock;

  public Mailer(MailServer server, Clock clock) {
    this.server = server;
    this.clock = clock;
  }

  /**
   * Returns when the server has taken the mail for at least one recipient.
   *
   * @throws NotSentException with a message for people, which holds no password
   */
  public void send(Mail mail) throws NotSentException {
    Session session = Session.getInstance(properties());
    try (Transport transport = session.getTransport()) {
      MimeMessage message = message(session, mail);
      if (server.credentials().isPresent()) {
        transport.connect(credential("username"), credential("password"));
      } else {
        transport.connect();
      }
      transport.sendMessage(message, message.getAllRecipients());
    } catch (SendFailedException e) {
      Address[] sent = e.getValidSentAddresses();
      if (sent == null || sent.length == 0) {
        throw new NotSentException("the mail server refused every recipient or the sender");
      }
    } catch (AuthenticationFailedException e) {
      throw new NotSentException("the mail server refused user name or password");
    } catch (MessagingException e) {
      throw new NotSentException(
          "the mail server "
              + server.host()
              + ":"
              + server.port()
              + " did not take it ("
              + e.getClass().getSimpleName()
              + ")");
    } catch (IOException e) {
      throw new NotSentException("user name or password of the mail server cannot be read");
    }
  }

  private MimeMessage message(Session session, Mail mail) throws MessagingException {
    String id = "<" + mail.id() + "@" + domain() + ">";
    MimeMessage message =
        new MimeMessage(session) {
          @Override
          protected void updateMessageID() throws MessagingException {
            setHeader("Message-ID", id);
          }
        };
    message.setFrom(new InternetAddress(server.from(), true));
    for (String to : mail.to()) {
      message.addRecipient(Message.RecipientType.TO, new InternetAddress(to, true));
    }
    message.setSubject(mail.subject(), "UTF-8");
    message.setText(mail.text(), "UTF-8");
    message.setSentDate(Date.from(clock.instant()));
    // RFC 3834: nobody's holiday answers this
    message.setHeader("Auto-Submitted", "auto-generated");
    message.saveChanges();
    return message;
  }

  private Properties properties() {
    String protocol = server.security() == MailServer.Security.TLS ? "smtps" : "smtp";
    String prefix = "mail." + protocol + ".";
    Properties properties = new Properties();
    properties.setProperty("mail.transport.protocol", protocol);
    properties.setProperty(prefix + "host", server.host());
    properties.setProperty(prefix + "port", Integer.toString(server.port()));
    properties.setProperty(prefix + "connectiontimeout", CONNECT_MILLIS);
    properties.setProperty(prefix + "timeout", ANSWER_MILLIS);
    properties.setProperty(prefix + "writetimeout", ANSWER_MILLIS);
    properties.setProperty(prefix + "ssl.checkserveridentity", "true");
    properties.setProperty(prefix + "localhost", "hermes-operator");
    properties.setProperty(prefix + "from", server.from());
    // one mistyped address must not keep the notice from the others
    properties.setProperty(prefix + "sendpartial", "true");
    if (server.security() == MailServer.Security.STARTTLS) {
      properties.setProperty(prefix + "starttls.enable", "true");
      properties.setProperty(prefix + "starttls.required", "true");
    }
    properties.setProperty(prefix + "auth", Boolean.toString(server.credentials().isPresent()));
    return properties;
  }

  private String domain() {
    return server.from().substring(server.from().lastIndexOf('@') + 1);
  }

  /** Read at each mail: a password that was changed needs no restart. */
  private String credential(String file) throws IOException {
    return Files.readString(server.credentials().orElseThrow().resolve(file)).strip();
  }

  /** The mail did not leave. */
  public static final class NotSentException extends Exception {
    private static final long serialVersionUID = 1L;

    NotSentException(String message) {
      super(message);
    }
  }
}
