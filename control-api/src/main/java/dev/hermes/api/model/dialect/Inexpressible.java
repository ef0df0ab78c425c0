package dev.hermes.api.model.dialect;

/** A request that asks for what an upstream's wire format has no words for. */
public final class Inexpressible extends Exception {
  private static final long serialVersionUID = 1L;

  private final String param;

  /**
   * @param param the member of the request, as errors name it
   * @param message what to do instead
   */
  Inexpressible(String param, String message) {
    super(message);
    this.param = param;
  }

  public String param() {
    return param;
  }

  public String message() {
    return String.valueOf(getMessage());
  }
}
