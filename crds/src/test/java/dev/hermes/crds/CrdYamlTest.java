package dev.hermes.crds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.crdv2.generator.CRDGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The YAML in crds/generated and in the chart is what the records say; -Dupdate.golden=true
 * rewrites both.
 */
class CrdYamlTest {
  private static final List<String> PLURALS = List.of("tenants", "sandboxpolicies", "apikeys");
  private static final Path GENERATED = Path.of(System.getProperty("crds.generated"));
  private static final Path CHART = Path.of(System.getProperty("crds.chart"));

  @TempDir Path dir;

  @Test
  @DisplayName("K8S-1 generated CRDs equal the records")
  void goldenYaml() throws Exception {
    new CRDGenerator()
        .customResourceClasses(Tenant.class, SandboxPolicy.class, ApiKey.class)
        .inOutputDir(dir.toFile())
        .withMinQuotes(true)
        .withPostProcessor(new CrdPostProcessor())
        .detailedGenerate();
    for (var plural : PLURALS) {
      var name = plural + "." + Names.GROUP;
      var actual = Files.readString(dir.resolve(name + "-v1.yml"));
      var golden = GENERATED.resolve(name + ".yaml");
      var template = CHART.resolve("templates/crds/" + name + ".yaml");
      if (Boolean.getBoolean("update.golden")) {
        Files.createDirectories(template.getParent());
        Files.writeString(golden, actual);
        Files.writeString(template, forChart(actual));
      }
      assertThat(golden).hasContent(actual);
      assertThat(template).hasContent(forChart(actual));
    }
  }

  /**
   * Helm and Argo CD must upgrade the CRDs but never remove them: deleting a CRD deletes every
   * object of its kind.
   */
  private static String forChart(String yaml) {
    return yaml.replaceFirst(
        "metadata:\n",
        """
        metadata:
          annotations:
            argocd.argoproj.io/sync-options: Prune=false,Delete=false
            helm.sh/resource-policy: keep
        """);
  }
}
