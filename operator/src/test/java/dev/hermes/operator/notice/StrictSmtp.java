package dev.hermes.operator.notice;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A mail server that takes what RFC 5321 and RFC 5322 allow and no more: commands in their order,
 * bare ASCII paths, CRLF and nothing else as line end, lines of at most 998 characters, the headers
 * that a mail must have, once each. Without the extension 8BITMIME.
 */
public final class StrictSmtp implements AutoCloseable {
  /** An envelope and what was sent under it. */
  public record Received(String from, List<String> to, String mail) {}

  private static final Pattern FROM =
      Pattern.compile("MAIL FROM:<([^<>@\\s]+@[A-Za-z0-9.-]+)>( BODY=7BIT| SIZE=\\d+)?");
  private static final Pattern TO = Pattern.compile("RCPT TO:<([^<>@\\s]+@[A-Za-z0-9.-]+)>");
  private static final int LONGEST_LINE = 998;

  private final ServerSocket socket;
  private final String login;
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final List<String> refusals = new CopyOnWriteArrayList<>();

  /**
   * @param login user:password that it asks for; empty: it asks for none
   */
  public StrictSmtp(String login) throws IOException {
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.login = login;
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return socket.getLocalPort();
  }

  public List<Received> received() {
    return received;
  }

  /** What it refused, in its own words. */
  public List<String> refusals() {
    return refusals;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      new Dialogue(client).run();
    } catch (IOException | UncheckedIOException e) {
      refusals.add("broken off: " + e.getMessage());
    }
  }

  /** One connection. */
  private final class Dialogue {
    private final Socket client;
    private final InputStream in;
    private boolean greeted;
    private boolean loggedIn = login.isEmpty();
    private String from = "";
    private List<String> to = new ArrayList<>();

    Dialogue(Socket client) throws IOException {
      this.client = client;
      this.in = new BufferedInputStream(client.getInputStream());
    }

    void run() throws IOException {
      say("220 strict.example ESMTP");
      for (String line = line(); line != null && !line.equals("QUIT"); line = line()) {
        command(line);
      }
      say("221 bye");
    }

    private void command(String line) throws IOException {
      String verb = line.split("[ :]", 2)[0].toUpperCase(Locale.ROOT);
      switch (verb) {
        case "EHLO" -> {
          greeted = true;
          say(login.isEmpty() ? "250 strict.example" : "250-strict.example\r\n250 AUTH PLAIN");
        }
        case "AUTH" -> auth(line);
        case "MAIL" -> mail(line);
        case "RCPT" -> rcpt(line);
        case "DATA" -> data();
        case "RSET" -> {
          from = "";
          to = new ArrayList<>();
          say("250 ok");
        }
        case "NOOP" -> say("250 ok");
        default -> refuse("500 what is " + verb);
      }
    }

    /** PLAIN (RFC 4616), with the initial response or without (RFC 4954). */
    private void auth(String line) throws IOException {
      String response = line.substring("AUTH PLAIN".length()).strip();
      if (response.isEmpty()) {
        say("334 ");
        response = line();
      }
      String[] parts =
          new String(Base64.getDecoder().decode(response), StandardCharsets.US_ASCII)
              .split("\0", -1);
      loggedIn = parts.length == 3 && login.equals(parts[1] + ":" + parts[2]);
      if (loggedIn) {
        say("235 welcome");
      } else {
        refuse("535 wrong user name or password, " + parts.length + " parts");
      }
    }

    private void mail(String line) throws IOException {
      Matcher path = FROM.matcher(line);
      if (!greeted || !loggedIn || !from.isEmpty() || !path.matches()) {
        refuse("501 bad MAIL: " + line);
        return;
      }
      from = path.group(1);
      say("250 ok");
    }

    private void rcpt(String line) throws IOException {
      Matcher path = TO.matcher(line);
      if (from.isEmpty() || !path.matches()) {
        refuse("501 bad RCPT: " + line);
      } else if (path.group(1).startsWith("nobody@")) {
        refuse("550 no such user: " + path.group(1));
      } else {
        to.add(path.group(1));
        say("250 ok");
      }
    }

    private void data() throws IOException {
      if (to.isEmpty()) {
        refuse("503 nobody to send it to");
        return;
      }
      say("354 go on");
      StringBuilder mail = new StringBuilder();
      for (String line = line(); line != null && !line.equals("."); line = line()) {
        mail.append(line.startsWith(".") ? line.substring(1) : line).append("\r\n");
      }
      String text = mail.toString();
      String headers = text.substring(0, Math.max(0, text.indexOf("\r\n\r\n")));
      for (String header : List.of("Date", "From", "To", "Message-ID", "Subject")) {
        long times = headers.lines().filter(line -> line.startsWith(header + ": ")).count();
        if (times != 1) {
          refuse("554 header " + header + " " + times + " times");
          return;
        }
      }
      received.add(new Received(from, List.copyOf(to), text));
      from = "";
      to = new ArrayList<>();
      say("250 taken");
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c == '\r') {
          if (in.read() != '\n') {
            throw new IOException("a bare CR");
          }
          if (line.length() > LONGEST_LINE) {
            throw new IOException("a line of " + line.length());
          }
          return line.toString();
        }
        if (c == '\n' || c == 0 || c > 126) {
          throw new IOException("character " + c + " has no place in a line");
        }
        line.append((char) c);
      }
      return null;
    }

    private void refuse(String answer) throws IOException {
      refusals.add(answer);
      say(answer);
    }

    private void say(String answer) throws IOException {
      client.getOutputStream().write((answer + "\r\n").getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();
    }
  }
}
