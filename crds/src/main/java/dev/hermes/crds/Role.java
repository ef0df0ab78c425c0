package dev.hermes.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Roles a key may carry inside its tenant; platform roles are never granted by a resource. */
public enum Role {
  @JsonProperty("user")
  USER,
  @JsonProperty("owner")
  OWNER,
  @JsonProperty("admin")
  ADMIN,
  @JsonProperty("auditor")
  AUDITOR;

  /** The name on the wire and in the database. */
  public String wire() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
