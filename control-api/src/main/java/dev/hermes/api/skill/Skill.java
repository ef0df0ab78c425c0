package dev.hermes.api.skill;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An installed skill.
 *
 * @param owner {@code user}: the caller's own; {@code tenant}: of all its users
 * @param sandbox {@code required} or {@code optional}
 * @param allowedTools absent: it does not say
 * @param sandboxTools absent: it does not say
 * @param timeout in seconds; absent: it does not say
 * @param bytes of the document
 * @param document the whole, where one skill is asked for
 */
@Serdeable
@JsonInclude(JsonInclude.Include.NON_NULL)
record Skill(
    String name,
    String object,
    String owner,
    String description,
    String sandbox,
    @JsonProperty("allowed_tools") @Nullable List<String> allowedTools,
    @JsonProperty("sandbox_tools") @Nullable List<String> sandboxTools,
    @Nullable Integer timeout,
    int bytes,
    @JsonProperty("created_at") String createdAt,
    @JsonProperty("updated_at") String updatedAt,
    @Nullable String document) {

  /** Of a row with or without its document. */
  static Skill of(ResultSet row, @Nullable String document) throws SQLException {
    return new Skill(
        row.getString("name"),
        "skill",
        row.getString("user_id").equals(SkillOwner.ALL) ? SkillOwner.TENANT : SkillOwner.USER,
        row.getString("description"),
        row.getBoolean("sandbox_required") ? "required" : "optional",
        names(row.getArray("allowed_tools")),
        names(row.getArray("sandbox_tools")),
        row.getObject("timeout_seconds", Integer.class),
        row.getInt("bytes"),
        row.getObject("created_at", OffsetDateTime.class).toInstant().toString(),
        row.getObject("updated_at", OffsetDateTime.class).toInstant().toString(),
        document);
  }

  private static @Nullable List<String> names(@Nullable Array names) throws SQLException {
    return names == null ? null : Stream.of((String[]) names.getArray()).sorted().toList();
  }
}
