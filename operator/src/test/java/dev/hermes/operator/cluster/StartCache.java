package dev.hermes.operator.cluster;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes the many starts of the operator cheap: the classes as a jar, and an AOT cache (JEP 514) of
 * a first run. The process is the same one without it, only slower to start.
 */
final class StartCache {
  private final String classPath;
  private final Path cache;

  /**
   * @param dir of this JVM's test files
   */
  StartCache(Path dir) {
    this.classPath = classPath(dir);
    this.cache = dir.resolve("operator.aot");
    cache.toFile().deleteOnExit(); // tens of MB
  }

  /** Runs the operator once and keeps what it loaded. */
  void train(Cluster cluster) {
    try (OperatorProcess operator = cluster.operator(Map.of(), output())) {
      operator.awaitReady();
    }
    if (!Files.exists(cache)) {
      throw new IllegalStateException("the first run left no AOT cache, see " + cluster.log());
    }
  }

  private String output() {
    return "-XX:AOTCacheOutput=" + cache;
  }

  List<String> flags() {
    return Files.exists(cache) ? List.of("-XX:AOTCache=" + cache) : List.of();
  }

  String classPath() {
    return classPath;
  }

  /** The cache takes jars alone; the module under test is a folder. */
  private static String classPath(Path dir) {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(path.split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
        .map(Path::of)
        .map(entry -> Files.isDirectory(entry) ? jar(entry, dir) : entry)
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static Path jar(Path folder, Path dir) {
    Path jar = dir.resolve(folder.getParent().getParent().getFileName() + ".jar");
    try (Stream<Path> files = Files.walk(folder).filter(Files::isRegularFile).sorted();
        OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      for (Path each : files.toList()) {
        out.putNextEntry(new JarEntry(folder.relativize(each).toString()));
        Files.copy(each, out);
        out.closeEntry();
      }
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
