package dev.hermes.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Tools that run in a sandbox. */
public enum Tool {
  @JsonProperty("python")
  PYTHON,
  @JsonProperty("bash")
  BASH,
  @JsonProperty("files")
  FILES;

  /** The name on the wire, which is also the function name a model calls. */
  public String wire() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
