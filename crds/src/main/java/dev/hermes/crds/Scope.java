package dev.hermes.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a key may do; an empty list grants nothing. */
public enum Scope {
  @JsonProperty("read")
  READ,
  @JsonProperty("write")
  WRITE,
  @JsonProperty("execute")
  EXECUTE,
  @JsonProperty("audit")
  AUDIT,
  @JsonProperty("gdpr")
  GDPR,
  @JsonProperty("admin")
  ADMIN;

  /** The name on the wire and in the database. */
  public String wire() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
