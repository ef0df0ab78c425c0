package dev.hermes.api.model.dialect;

/** The headers of a request that is being made. */
@FunctionalInterface
public interface Headers {
  void set(String name, String value);
}
