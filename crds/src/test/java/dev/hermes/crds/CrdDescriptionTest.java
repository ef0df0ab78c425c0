package dev.hermes.crds;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** kubectl explain answers for every field. */
class CrdDescriptionTest {
  @ParameterizedTest
  @ValueSource(strings = {"tenants", "sandboxpolicies", "apikeys"})
  @DisplayName("K8S-1 every field has a description")
  void everyFieldIsDescribed(String plural) throws Exception {
    var file = Path.of(System.getProperty("crds.generated"), plural + "." + Names.GROUP + ".yaml");
    var crd = Serialization.unmarshal(Files.readString(file), CustomResourceDefinition.class);
    var silent = new ArrayList<String>();
    var root = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    var fields = collect(root, "", silent);
    assertThat(fields).isGreaterThan(10);
    assertThat(silent).isEmpty();
  }

  private static int collect(JSONSchemaProps props, String path, List<String> silent) {
    if (props.getItems() != null) {
      return collect(props.getItems().getSchema(), path + "[]", silent);
    }
    var count = 0;
    for (var entry :
        (props.getProperties() == null
                ? java.util.Map.<String, JSONSchemaProps>of()
                : props.getProperties())
            .entrySet()) {
      var here = path + "." + entry.getKey();
      if (entry.getValue().getDescription() == null) {
        silent.add(here);
      }
      count += 1 + collect(entry.getValue(), here, silent);
    }
    return count;
  }
}
