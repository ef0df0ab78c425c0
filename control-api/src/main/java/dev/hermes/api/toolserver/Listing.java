package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.Cut;
import dev.hermes.crds.tenant.TenantSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Asks a server for its tools, page by page, and keeps those that are allowed and within bounds.
 */
final class Listing {
  private static final int MOST_TOOLS = 128;
  private static final int MOST_PAGES = MOST_TOOLS;
  private static final int MOST_NAME = 128;
  private static final int MOST_DESCRIPTION = 1024;
  private static final int MOST_SCHEMA = 16 * 1024;
  private static final int MOST_ALL = 512 * 1024;

  private final TenantSpec.McpServer server;
  private final Map<String, ListedTool> found = new HashMap<>();
  private final List<String> order = new ArrayList<>();
  private final Set<String> ambiguous = new HashSet<>();
  private final List<String> leftOut = new ArrayList<>();
  private int characters;
  private boolean full;

  private Listing(TenantSpec.McpServer server) {
    this.server = server;
  }

  /**
   * @param leftOut what is not offered and why, for the log
   */
  record Found(List<ListedTool> tools, List<String> leftOut) {}

  static Found of(TenantSpec.McpServer server, ToolServerSession session)
      throws ToolServerFailed, InterruptedException {
    Listing listing = new Listing(server);
    Optional<String> cursor = Optional.empty();
    for (int page = 0; page < MOST_PAGES && !listing.full; page++) {
      ObjectNode params = JsonNodeFactory.instance.objectNode();
      cursor.ifPresent(it -> params.put("cursor", it));
      JsonNode result = session.ask("tools/list", params);
      if (!result.path("tools").isArray()) {
        throw new ToolServerFailed(
            ToolServerFailed.Kind.PROTOCOL, "its answer to tools/list has no list of tools");
      }
      result.path("tools").forEach(listing::add);
      cursor = Optional.ofNullable(result.path("nextCursor").textValue());
      if (cursor.isEmpty()) {
        return listing.found();
      }
    }
    listing.leftOut.add("whatever comes behind " + listing.order.size() + " tools");
    return listing.found();
  }

  private void add(JsonNode tool) {
    String name = tool.path("name").asText();
    if (full || !server.allows(name)) {
      return;
    }
    Optional<String> obstacle = obstacle(tool, name);
    if (obstacle.isPresent()) {
      leftOut.add(shown(name) + ": " + obstacle.get());
      return;
    }
    ListedTool read =
        new ListedTool(
            server.name(),
            server.runsInSandbox(),
            name,
            ToolNames.wire(server.name(), name),
            Cut.of(description(tool), MOST_DESCRIPTION).text(),
            schema(tool));
    if (found.putIfAbsent(read.wire(), read) != null) {
      ambiguous.add(read.wire());
      return;
    }
    order.add(read.wire());
    characters += read.description().length() + read.schema().toString().length();
    full = order.size() == MOST_TOOLS || characters > MOST_ALL;
  }

  /** A name of another's, for a line of a log. */
  private static String shown(String name) {
    return Cut.of(name, MOST_NAME).text().replaceAll("\\p{Cntrl}", "?");
  }

  private static Optional<String> obstacle(JsonNode tool, String name) {
    if (name.isEmpty() || name.length() > MOST_NAME) {
      return Optional.of("its name has not 1 to " + MOST_NAME + " characters");
    }
    JsonNode schema = tool.path("inputSchema");
    if (!schema.isMissingNode() && !schema.isObject()) {
      return Optional.of("its inputSchema is no object");
    }
    return schema.toString().length() > MOST_SCHEMA
        ? Optional.of("its inputSchema is larger than 16 KiB")
        : Optional.empty();
  }

  private static String description(JsonNode tool) {
    String description = tool.path("description").asText();
    return description.isEmpty() ? tool.path("title").asText() : description;
  }

  /** OpenAI's API takes objects alone, and says so of one without a type. */
  private static ObjectNode schema(JsonNode tool) {
    ObjectNode schema =
        tool.path("inputSchema") instanceof ObjectNode given
            ? given
            : JsonNodeFactory.instance.objectNode();
    return schema.has("type") ? schema : schema.put("type", "object");
  }

  /** Of two tools that a model would call by one name neither is offered: it could be the other. */
  private Found found() {
    ambiguous.forEach(it -> leftOut.add(it + ": two tools of this server would have that name"));
    return new Found(
        order.stream().filter(it -> !ambiguous.contains(it)).map(found::get).toList(),
        List.copyOf(leftOut));
  }
}
