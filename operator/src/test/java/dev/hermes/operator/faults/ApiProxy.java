package dev.hermes.operator.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * Stands between one operator and the real API server: numbers its writes, does to them what the
 * plan says, and plays with its watches and lists. The token passes unchanged.
 */
final class ApiProxy implements AutoCloseable {
  private final FaultPlan plan;
  private final WatchFaults watches = new WatchFaults();
  private final int apiPort;
  private final SSLContext towardsServer;
  private final SSLServerSocket listener;
  private final Path kubeconfig;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile Doctor doctor = (name, request) -> List.of(request);
  private volatile Optional<Instant> firstWrite = Optional.empty();

  /**
   * @param kubeconfig of the operator towards the API server; the proxy's own is written beside it
   */
  ApiProxy(FaultPlan plan, int apiPort, Path kubeconfig, Path dir) {
    this.plan = plan;
    this.apiPort = apiPort;
    try {
      ProxyCertificate certificate = ProxyCertificate.make(dir);
      towardsServer = ProxyCertificate.trustingAll();
      listener =
          (SSLServerSocket)
              certificate
                  .serving()
                  .getServerSocketFactory()
                  .createServerSocket(0, 128, InetAddress.getLoopbackAddress());
      this.kubeconfig = dir.resolve("proxy-" + listener.getLocalPort() + ".kubeconfig");
      Files.writeString(
          this.kubeconfig,
          Files.readString(kubeconfig)
              .replace("127.0.0.1:" + apiPort, "127.0.0.1:" + listener.getLocalPort())
              .replace(
                  "insecure-skip-tls-verify: true",
                  "certificate-authority-data: " + certificate.pemBase64()));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("no proxy", e);
    }
    Thread.ofVirtual().name("api-proxy").start(this::accept);
  }

  Path kubeconfig() {
    return kubeconfig;
  }

  FaultPlan plan() {
    return plan;
  }

  WatchFaults watches() {
    return watches;
  }

  /** Makes of the operator one with a bug: says what it sends instead of a write. */
  interface Doctor {
    /**
     * @return what reaches the API server, in order; the last answer is the one that is heard. With
     *     nothing sent the answer is a refusal
     */
    List<HttpMessage> instead(String name, HttpMessage write);
  }

  void doctor(Doctor doctor) {
    this.doctor = doctor;
  }

  Doctor doctor() {
    return doctor;
  }

  void wrote() {
    if (firstWrite.isEmpty()) {
      firstWrite = Optional.of(Instant.now());
    }
  }

  /** When the API server first answered a write of this operator's with success. */
  Optional<Instant> firstWrite() {
    return firstWrite;
  }

  Socket server() throws IOException {
    Socket socket =
        towardsServer.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), apiPort);
    socket.setTcpNoDelay(true);
    open.add(socket);
    return socket;
  }

  void closed(Socket socket) {
    open.remove(socket);
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        client.setTcpNoDelay(true);
        open.add(client);
        Thread.ofVirtual().name("api-proxy-connection").start(new ApiConnection(this, client));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
