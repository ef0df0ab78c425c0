package dev.hermes.api.toolserver;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** Cuts what comes in pieces into lines, each of which has a bound. */
final class Lines {
  private final int most;
  private final ByteArrayOutputStream open = new ByteArrayOutputStream();

  /**
   * @param most bytes of a line
   */
  Lines(int most) {
    this.most = most;
  }

  /** The lines that this piece completes, without their ends. */
  List<byte[]> add(byte[] piece) throws ToolServerFailed {
    List<byte[]> whole = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < piece.length; at++) {
      if (piece[at] == '\n') {
        keep(piece, from, at);
        whole.add(open.toByteArray());
        open.reset();
        from = at + 1;
      }
    }
    keep(piece, from, piece.length);
    return whole;
  }

  private void keep(byte[] piece, int from, int to) throws ToolServerFailed {
    if (open.size() + (to - from) > most) {
      throw RpcMessages.tooLarge();
    }
    open.write(piece, from, to - from);
  }
}
