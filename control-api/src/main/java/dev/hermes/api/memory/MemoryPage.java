package dev.hermes.api.memory;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A page of memories; {@code next} is the cursor of the page after it. */
@Serdeable
@JsonInclude(JsonInclude.Include.ALWAYS)
public record MemoryPage(
    String object,
    List<Memory> data,
    @JsonProperty("has_more") boolean hasMore,
    @Nullable String next) {}
