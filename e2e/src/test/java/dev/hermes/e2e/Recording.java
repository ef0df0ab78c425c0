package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Objects as a GitOps tool reads them, written to build/gitops for the Go tests, and compared with
 * those that the repository holds: a condition that changes must be seen by whoever changes it.
 * {@code -Dupdate.golden=true} rewrites the repository's.
 */
final class Recording {
  private static final Path ROOT = Path.of(System.getProperty("e2e.root"));
  private static final Path LIVE = ROOT.resolve("build/gitops");
  private static final Path KEPT = ROOT.resolve("gitops/check/testdata");
  private static final Set<String> NOBODY_JUDGES =
      Set.of("managedFields", "uid", "resourceVersion", "creationTimestamp", "annotations");

  private final String tenant;

  /**
   * @param tenant the name of the run's tenant, written as acme
   */
  Recording(String tenant) throws IOException {
    this.tenant = tenant;
    Files.createDirectories(LIVE);
  }

  void record(String state, HasMetadata object) throws IOException {
    var yaml = readable(object);
    Files.writeString(LIVE.resolve(state + ".yaml"), yaml);
    var kept = KEPT.resolve(state + ".yaml");
    if (Boolean.getBoolean("update.golden")) {
      Files.createDirectories(KEPT);
      Files.writeString(kept, yaml);
    }
    assertThat(kept).as("record it with -Dupdate.golden=true and give it a verdict").exists();
    assertThat(conditions(yaml)).as(state).isEqualTo(conditions(Files.readString(kept)));
  }

  private String readable(HasMetadata object) {
    JsonNode tree = Serialization.yamlMapper().valueToTree(object);
    ((ObjectNode) tree.get("metadata")).remove(NOBODY_JUDGES);
    return Serialization.asYaml(tree)
        .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z", "2026-01-01T00:00:00Z")
        .replaceAll(
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "00000000-0000-7000-8000-000000000000")
        .replace(tenant, "acme");
  }

  /** What tools and people react to; figures and texts may differ from run to run. */
  private static List<String> conditions(String yaml) {
    JsonNode status = Serialization.unmarshal(yaml, JsonNode.class).path("status");
    var all = new ArrayList<String>();
    status
        .path("conditions")
        .forEach(c ->
            all.add(
                c.path("type").asText()
                    + "="
                    + c.path("status").asText()
                    + "/"
                    + c.path("reason").asText()));
    return all;
  }
}
