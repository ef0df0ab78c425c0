package dev.hermes.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The chart as helm renders it for the namespace {@code hermes-system}. */
public final class Chart {
  private Chart() {}

  /**
   * The objects of some of its templates.
   *
   * @param arguments more of them for {@code helm template}, such as {@code --show-only} and a path
   */
  public static List<HasMetadata> objects(KubernetesClient client, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("hermes.bin", "../build/bin"), "helm")
                    .toAbsolutePath()
                    .toString(),
                "template",
                "hermes",
                "../charts/hermes",
                "--namespace",
                "hermes-system",
                "--set-string",
                "sandbox.image=a@sha256:" + "0".repeat(64)));
    command.addAll(List.of(arguments));
    Process helm =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<HasMetadata> objects;
    try (var yaml = helm.getInputStream()) {
      objects = client.load(new ByteArrayInputStream(yaml.readAllBytes())).items();
    }
    if (helm.waitFor() != 0) {
      throw new IllegalStateException("helm template ended with " + helm.exitValue());
    }
    return objects;
  }
}
