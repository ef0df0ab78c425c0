package dev.hermes.database.access;

import java.util.UUID;

/** The id of a tenant, which comes from the caller's credential and from nowhere else. */
public record TenantId(UUID value) {

  public static TenantId of(String text) {
    return new TenantId(UUID.fromString(text));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
