package dev.hermes.api.model.route;

/** What is counted of routes. */
public interface RouteEvents {
  /** An attempt failed and another follows. */
  void retried(String provider, String why);

  /** A call went past an upstream whose breaker is open. */
  void shut(String provider);

  /** An upstream answered that is only asked when others fail. */
  void fellBack(String provider);
}
