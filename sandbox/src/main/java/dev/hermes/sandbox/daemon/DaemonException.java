package dev.hermes.sandbox.daemon;

import java.io.IOException;

/** A call that the daemon did not answer as it should. Subtypes tell what a caller may do. */
public abstract sealed class DaemonException extends IOException
    permits DaemonException.PodChanged,
        DaemonException.Refused,
        DaemonException.Unreachable,
        DaemonException.Broken {

  private DaemonException(String message, Throwable cause) {
    super(message, cause);
  }

  private DaemonException(String message) {
    super(message);
  }

  /** Another pod answers at the address. The sandbox is gone; nothing of the call ran in ours. */
  public static final class PodChanged extends DaemonException {
    PodChanged() {
      super("another pod answers at the address of this sandbox");
    }
  }

  /** The daemon said no and ran nothing; {@code code} is a Connect code. */
  public static final class Refused extends DaemonException {
    private final String code;

    Refused(String code, String message) {
      super(code + ": " + message);
      this.code = code;
    }

    public String code() {
      return code;
    }
  }

  /** No connection could be made: nothing ran. */
  public static final class Unreachable extends DaemonException {
    Unreachable(Throwable cause) {
      super("the sandbox does not answer", cause);
    }
  }

  /** The answer broke off or makes no sense: what was called may have run in part or in full. */
  public static sealed class Broken extends DaemonException permits Late {
    Broken(String message) {
      super(message);
    }

    Broken(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** There was no answer in time. */
  public static final class Late extends Broken {
    Late(Throwable cause) {
      super("the sandbox did not answer in time", cause);
    }
  }
}
