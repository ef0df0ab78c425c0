package dev.hermes.database.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port for a server that is about to be started. Below those that Linux gives to outgoing
 * connections (ip_local_port_range, from 32768): of these one that was free a moment ago may have
 * become somebody's own end of a connection.
 */
public final class FreePort {
  private static final int FIRST = 20_000;
  private static final int COUNT = 10_000;

  private FreePort() {}

  /** Free on the loopback address when asked. */
  public static int next() {
    for (int tries = 0; tries < 100; tries++) {
      int port = FIRST + ThreadLocalRandom.current().nextInt(COUNT);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException e) {
        // somebody's; the next one
      }
    }
    throw new IllegalStateException("no free port between " + FIRST + " and " + (FIRST + COUNT));
  }
}
