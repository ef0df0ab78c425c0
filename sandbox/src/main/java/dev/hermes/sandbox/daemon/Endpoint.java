package dev.hermes.sandbox.daemon;

import dev.hermes.crds.Names;

/** Where a daemon listens, and the UID of the pod that must answer there. */
public record Endpoint(String ip, int port, String podUid) {
  /** The daemon of a pod on its usual port. */
  public static Endpoint of(String ip, String podUid) {
    return new Endpoint(ip, Names.DAEMON_PORT, podUid);
  }

  /** Pod UIDs stay out of logs. */
  @Override
  public String toString() {
    return ip + ":" + port;
  }
}
