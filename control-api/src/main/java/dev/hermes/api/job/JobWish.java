package dev.hermes.api.job;

import dev.hermes.crds.Tool;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What is to run.
 *
 * @param policy name of the SandboxPolicy it runs under
 * @param timeout of the program, from its start
 * @param environment variables of everything that runs in its sandbox
 * @param inputs texts by the path they are written to, from {@code /home/user}
 * @param artifacts patterns of the files that are kept, from {@code /home/user}
 */
record JobWish(
    String policy,
    Tool language,
    String code,
    Duration timeout,
    Map<String, String> environment,
    Map<String, String> inputs,
    List<String> artifacts,
    Map<String, String> metadata) {

  JobWish {
    environment = Map.copyOf(environment);
    inputs = Map.copyOf(inputs);
    artifacts = List.copyOf(artifacts);
    metadata = Map.copyOf(metadata);
  }
}
