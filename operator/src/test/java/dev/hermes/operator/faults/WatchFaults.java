package dev.hermes.operator.faults;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What can go wrong between a change and the operator's cache: watches that are cut, expired or
 * held up, and lists that answer what was true earlier. Watches are WebSockets here (RFC 6455), or
 * an answer without end.
 */
final class WatchFaults {
  private static final String GONE =
      """
      {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure",\
      "message":"too old resource version: planted","reason":"Expired","code":410}}\
      """;

  private final Set<Socket> watching = ConcurrentHashMap.newKeySet();
  private final Map<String, HttpMessage> lists = new ConcurrentHashMap<>();
  private final AtomicInteger toExpire = new AtomicInteger();
  private final AtomicInteger staleServed = new AtomicInteger();
  private final AtomicInteger expired = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private volatile boolean recording;
  private volatile boolean stale;
  private boolean held;

  /** Every open watch ends in the middle. */
  void cut() throws IOException {
    for (Socket socket : watching) {
      socket.close();
    }
  }

  int open() {
    return watching.size();
  }

  /** The next so many watches that are opened are told that their version is too old. */
  void expireNext(int count) {
    toExpire.set(count);
  }

  int expired() {
    return expired.get();
  }

  /** From now on no event arrives; {@link #release} lets them all come. */
  void hold() {
    held(true);
  }

  void release() {
    held(false);
  }

  /** Keeps each list as it is answered now, for {@link #serveStale}. */
  void recordLists() {
    lists.clear();
    recording = true;
  }

  /** Answers each list once more as it was when it was recorded. */
  void serveStale() {
    recording = false;
    stale = true;
  }

  int staleServed() {
    return staleServed.get();
  }

  Optional<HttpMessage> staleList(HttpMessage request) {
    Optional<HttpMessage> old =
        stale ? Optional.ofNullable(lists.remove(key(request))) : Optional.empty();
    old.ifPresent(served -> staleServed.incrementAndGet());
    return old;
  }

  void remember(HttpMessage request, HttpMessage answer) {
    if (recording && request.method().equals("GET") && answer.text().startsWith("{\"kind\":\"")) {
      String kind = answer.text().substring(9, answer.text().indexOf('"', 9));
      if (kind.endsWith("List")) {
        lists.put(key(request), answer);
      }
    }
  }

  /** Hands a watch on until it ends. */
  void tunnel(
      HttpMessage head,
      HttpMessage request,
      Socket client,
      InputStream fromClient,
      OutputStream toServer,
      InputStream fromServer)
      throws IOException {
    head.write(client.getOutputStream());
    watching.add(client);
    try {
      Thread.ofVirtual().start(() -> pump(fromClient, toServer));
      boolean socket = head.status() == 101;
      if (toExpire.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        expired.incrementAndGet();
        gone(client.getOutputStream(), socket);
      } else if (socket) {
        frames(new DataInputStream(fromServer), client.getOutputStream());
      } else {
        pumpHeld(fromServer, client.getOutputStream());
      }
    } finally {
      watching.remove(client);
    }
  }

  /** Whole frames only, so that none is cut in two by a hold. */
  private void frames(DataInputStream in, OutputStream out) throws IOException {
    while (true) {
      byte[] frame = frame(in);
      awaitRelease();
      out.write(frame);
      out.flush();
    }
  }

  private static byte[] frame(DataInputStream in) throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    byte[] extended = new byte[second == 126 ? 2 : second == 127 ? 8 : 0];
    in.readFully(extended);
    long length = second;
    if (extended.length > 0) {
      length = 0;
      for (byte part : extended) {
        length = length << 8 | part & 0xff;
      }
    }
    byte[] frame = new byte[2 + extended.length + Math.toIntExact(length)];
    frame[0] = (byte) first;
    frame[1] = (byte) second;
    System.arraycopy(extended, 0, frame, 2, extended.length);
    in.readFully(frame, 2 + extended.length, Math.toIntExact(length));
    return frame;
  }

  /** As one frame of text, or as one chunk and the last one. */
  private static void gone(OutputStream out, boolean socket) throws IOException {
    byte[] payload = (GONE + "\n").getBytes(StandardCharsets.UTF_8);
    if (socket) {
      out.write(new byte[] {(byte) 0x81, 126, (byte) (payload.length >> 8), (byte) payload.length});
      out.write(payload);
    } else {
      out.write((Integer.toHexString(payload.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(payload);
      out.write("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    out.flush();
  }

  private void pumpHeld(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[16_384];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      awaitRelease();
      out.write(buffer, 0, read);
      out.flush();
    }
    throw new EOFException("watch over");
  }

  private static void pump(InputStream in, OutputStream out) {
    try {
      byte[] buffer = new byte[4096];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException e) {
      // the other direction sees it too
    }
  }

  private void held(boolean now) {
    lock.lock();
    try {
      held = now;
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitRelease() {
    lock.lock();
    try {
      while (held) {
        released.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private static String key(HttpMessage request) {
    return request.target().split("\\?", 2)[0];
  }
}
