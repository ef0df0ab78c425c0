package dev.hermes.egress.http;

/** Finds the end of a body in its bytes, which are passed on as they are. */
public abstract class BodyReader {
  private BodyReader() {}

  /**
   * Reads on.
   *
   * @return how many of these bytes belong to the body; fewer than there are: the body has ended
   * @throws BadMessage when chunks are not as strict as RFC 9112 §7.1 writes them; no extensions,
   *     no trailers
   */
  public abstract int read(byte[] bytes) throws BadMessage;

  public abstract boolean isDone();

  public static BodyReader of(Framing framing) {
    return switch (framing) {
      case Framing.None none -> new Counted(0);
      case Framing.Length length -> new Counted(length.bytes());
      case Framing.Chunked chunked -> new Chunks();
      case Framing.UntilClose open -> new Open();
    };
  }

  private static final class Counted extends BodyReader {
    private long left;

    Counted(long length) {
      left = length;
    }

    @Override
    public int read(byte[] bytes) {
      int take = (int) Math.min(left, bytes.length);
      left -= take;
      return take;
    }

    @Override
    public boolean isDone() {
      return left == 0;
    }
  }

  private static final class Open extends BodyReader {
    @Override
    public int read(byte[] bytes) {
      return bytes.length;
    }

    @Override
    public boolean isDone() {
      return false;
    }
  }

  private static final class Chunks extends BodyReader {
    private enum State {
      SIZE,
      SIZE_LF,
      DATA,
      DATA_CR,
      DATA_LF,
      END_CR,
      END_LF,
      DONE
    }

    private static final int MOST_DIGITS = 15;

    private State state = State.SIZE;
    private long left;
    private int digits;

    @Override
    public int read(byte[] bytes) throws BadMessage {
      int at = 0;
      while (at < bytes.length && state != State.DONE) {
        if (state == State.DATA) {
          int take = (int) Math.min(left, bytes.length - at);
          left -= take;
          at += take;
          if (left == 0) {
            state = State.DATA_CR;
          }
        } else {
          step(bytes[at++]);
        }
      }
      return at;
    }

    private void step(byte b) throws BadMessage {
      switch (state) {
        case SIZE -> size(b);
        case SIZE_LF -> {
          expect(b, '\n', left == 0 ? State.END_CR : State.DATA);
          digits = 0;
        }
        case DATA_CR -> expect(b, '\r', State.DATA_LF);
        case DATA_LF -> expect(b, '\n', State.SIZE);
        case END_CR -> expect(b, '\r', State.END_LF);
        case END_LF -> expect(b, '\n', State.DONE);
        case DATA, DONE -> throw new IllegalStateException();
      }
    }

    private void size(byte b) throws BadMessage {
      int digit = Character.digit(b, 16);
      if (digit >= 0 && digits < MOST_DIGITS) {
        left = left * 16 + digit;
        digits++;
      } else if (b == '\r' && digits > 0) {
        state = State.SIZE_LF;
      } else {
        throw new BadMessage("a chunk whose size is not only hexadecimal digits");
      }
    }

    private void expect(byte b, char wanted, State next) throws BadMessage {
      if (b != wanted) {
        throw new BadMessage("a chunk that does not end where it should, or a trailer");
      }
      state = next;
    }

    @Override
    public boolean isDone() {
      return state == State.DONE;
    }
  }
}
