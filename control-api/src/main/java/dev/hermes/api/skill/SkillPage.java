package dev.hermes.api.skill;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A page of skills without their documents; {@code next} is the cursor of the page after it. */
@Serdeable
@JsonInclude(JsonInclude.Include.ALWAYS)
record SkillPage(
    String object,
    List<Skill> data,
    @JsonProperty("has_more") boolean hasMore,
    @Nullable String next) {}
