package dev.hermes.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The release as its platform engineer handles it, with the helm that the project builds. */
final class Helm {
  private static final Path ROOT = Path.of(System.getProperty("e2e.root")).toAbsolutePath();
  static final String CHART = ROOT.resolve("charts/hermes").normalize().toString();

  private Helm() {}

  /** What helm printed; fails when it did. */
  static String run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("build/bin/helm").toString()));
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("--namespace", Cluster.SYSTEM, "--kubeconfig", Cluster.get().kubeconfig()));
    Path output = Files.createTempFile("helm", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("helm did not end: " + command);
      }
      String printed = Files.readString(output);
      if (process.exitValue() != 0) {
        throw new AssertionError(command + "\n" + printed);
      }
      return printed;
    } finally {
      Files.delete(output);
    }
  }
}
