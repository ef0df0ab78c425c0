package dev.hermes.egress.proxy;

import java.time.Duration;

/**
 * Bounds of the connections.
 *
 * @param perSandbox most open connections of one address
 * @param perTenant most open connections of all sandboxes of a tenant: its share, so that the
 *     others have theirs
 * @param total most open connections
 * @param head within which a request's head, and within which a ClientHello must have come
 * @param connect within which a name must be looked up and its server must answer
 * @param idle after which a connection without a byte ends
 * @param callbackIdle the same for call-backs, where a model may think for long
 * @param lag for which a caller with a valid token is waited for to show up in the watches
 */
public record Limits(
    int perSandbox,
    int perTenant,
    int total,
    Duration head,
    Duration connect,
    Duration idle,
    Duration callbackIdle,
    Duration lag) {
  public static Limits defaults() {
    return new Limits(
        64,
        1024,
        4096,
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        Duration.ofMinutes(5),
        Duration.ofSeconds(1));
  }

  /** These with other numbers of connections. */
  public Limits withMost(int ofSandbox, int ofTenant, int ofAll) {
    return new Limits(ofSandbox, ofTenant, ofAll, head, connect, idle, callbackIdle, lag);
  }
}
