package dev.hermes.api.memory;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;

/** A note that is kept for a user under a name. */
@Serdeable
public record Memory(
    String key,
    String object,
    String user,
    String content,
    @JsonProperty("created_at") String createdAt,
    @JsonProperty("updated_at") String updatedAt) {

  static Memory of(ResultSet row) throws SQLException {
    return new Memory(
        row.getString("key"),
        "memory",
        row.getString("user_id"),
        row.getString("content"),
        row.getObject("created_at", OffsetDateTime.class).toInstant().toString(),
        row.getObject("updated_at", OffsetDateTime.class).toInstant().toString());
  }
}
