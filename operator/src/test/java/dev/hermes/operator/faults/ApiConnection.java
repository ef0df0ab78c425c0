package dev.hermes.operator.faults;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Optional;

/** One connection of the operator and the one to the API server that serves it. */
final class ApiConnection implements Runnable {
  private static final long DELAY_MILLIS = 500;

  private final ApiProxy proxy;
  private final Socket client;

  /** This connection is to end, as if the network had cut it. */
  private static final class Cut extends IOException {
    private static final long serialVersionUID = 1L;
  }

  ApiConnection(ApiProxy proxy, Socket client) {
    this.proxy = proxy;
    this.client = client;
  }

  @Override
  public void run() {
    try (client;
        Socket server = proxy.server()) {
      try {
        serve(server);
      } finally {
        proxy.closed(client);
        proxy.closed(server);
      }
    } catch (IOException e) {
      // a connection that ends is what this is for: the operator has to live with it
    }
  }

  private void serve(Socket server) throws IOException {
    InputStream fromClient = new BufferedInputStream(client.getInputStream());
    InputStream fromServer = new BufferedInputStream(server.getInputStream());
    while (true) {
      Optional<HttpMessage> head = HttpMessage.head(fromClient);
      if (head.isEmpty()) {
        return;
      }
      HttpMessage request = head.get().withBody(fromClient);
      Optional<String> write = RequestName.of(request);
      if (write.isPresent()) {
        write(request, write.get(), server.getOutputStream(), fromServer);
      } else if (!read(request, fromClient, server.getOutputStream(), fromServer)) {
        return;
      }
    }
  }

  private void write(HttpMessage request, String name, OutputStream toServer, InputStream answers)
      throws IOException {
    Fault fault = proxy.plan().at(name);
    if (fault.status() != 0) {
      HttpMessage.answer(fault.status(), status(fault.status())).write(client.getOutputStream());
      return;
    }
    switch (fault) {
      case KILL_BEFORE -> {
        proxy.plan().kill();
        throw new Cut();
      }
      case DROP_BEFORE -> throw new Cut();
      case DELAY -> pause();
      default -> {}
    }
    HttpMessage answer = HttpMessage.answer(500, status(500));
    for (HttpMessage sent : proxy.doctor().instead(name, request)) {
      answer = exchange(sent, toServer, answers);
    }
    switch (fault) {
      case KILL_AFTER -> {
        proxy.plan().kill();
        throw new Cut();
      }
      case DROP_AFTER -> throw new Cut();
      case DUPLICATE -> answer = exchange(request, toServer, answers);
      default -> {}
    }
    answer.write(client.getOutputStream());
  }

  private HttpMessage exchange(HttpMessage request, OutputStream toServer, InputStream answers)
      throws IOException {
    request.write(toServer);
    HttpMessage answer = HttpMessage.head(answers).orElseThrow(Cut::new).withBody(answers);
    if (answer.status() < 300) {
      proxy.wrote();
    }
    return answer;
  }

  /** False: the connection was a watch and is at its end. */
  private boolean read(
      HttpMessage request, InputStream fromClient, OutputStream toServer, InputStream answers)
      throws IOException {
    boolean watch = request.target().contains("watch=true");
    Optional<HttpMessage> stale = watch ? Optional.empty() : proxy.watches().staleList(request);
    if (stale.isPresent()) {
      stale.get().write(client.getOutputStream());
      return true;
    }
    request.write(toServer);
    HttpMessage head = HttpMessage.head(answers).orElseThrow(Cut::new);
    if (head.status() == 101 || watch && head.status() == 200) {
      proxy.watches().tunnel(head, request, client, fromClient, toServer, answers);
      return false;
    }
    HttpMessage answer = head.withBody(answers);
    proxy.watches().remember(request, answer);
    answer.write(client.getOutputStream());
    return true;
  }

  private static String status(int code) {
    String reason =
        switch (code) {
          case 409 -> "Conflict";
          case 429 -> "TooManyRequests";
          default -> "InternalError";
        };
    return """
    {"kind":"Status","apiVersion":"v1","status":"Failure","message":"planted","reason":"%s","code":%d}\
    """
        .formatted(reason, code);
  }

  private static void pause() {
    try {
      Thread.sleep(DELAY_MILLIS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
