package dev.hermes.api.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.hermes.api.testing.TestApi;
import io.micronaut.http.HttpMethod;
import io.micronaut.web.router.Router;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OpenApiIT {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/openapi.json");
  private final TestApi api = TestApi.shared();

  @Test
  @DisplayName("the description is the golden file; -Dupdate.golden=true rewrites it")
  void golden() throws Exception {
    ObjectMapper json =
        new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
    Object served = json.readValue(api.get("/v1/openapi", null).text(), Object.class);
    String text = json.writeValueAsString(served) + "\n";
    if (Boolean.getBoolean("update.golden")) {
      Files.writeString(GOLDEN, text);
    }
    assertThat(text).isEqualTo(Files.readString(GOLDEN));
  }

  @Test
  @DisplayName("IAM-16 the description and the route table name the same routes")
  void sameRoutes() {
    JsonNode document = api.get("/v1/openapi", null).json();
    Set<String> described = new TreeSet<>();
    document
        .path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(method ->
                    described.add(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey())));
    Set<String> served =
        api.context()
            .getBean(Router.class)
            .uriRoutes()
            .filter(route -> route.getHttpMethod() != HttpMethod.HEAD)
            .map(route ->
                route.getHttpMethodName()
                    + " "
                    + route.getUriMatchTemplate().toString().replace(":.+}", "}"))
            .map(it -> it.replaceAll("\\{\\?.*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(described).isEqualTo(served);
    assertThat(served).hasSizeGreaterThanOrEqualTo(13);
  }
}
