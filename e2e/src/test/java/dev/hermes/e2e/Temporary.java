package dev.hermes.e2e;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * One object of ours, for the length of a test. Closing deletes it.
 *
 * @param conditions reads the conditions of its kind
 */
record Temporary<T extends HasMetadata>(
    Resource<T> resource, Function<T, List<Condition>> conditions) implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  static <T extends HasMetadata> Temporary<T> create(
      T object, Function<T, List<Condition>> conditions) {
    Resource<T> resource = Cluster.get().admin().resource(object);
    resource.create();
    return new Temporary<>(resource, conditions);
  }

  T live() {
    return resource.get();
  }

  /** The object as soon as its conditions, for its present generation, are as told. */
  T await(String what, Predicate<List<Condition>> state) {
    return Awaitility.await(what)
        .atMost(PATIENCE)
        .until(
            this::live,
            object -> {
              List<Condition> all = conditions.apply(object);
              return !all.isEmpty()
                  && all.stream()
                      .allMatch(c ->
                          object.getMetadata().getGeneration().equals(c.getObservedGeneration()))
                  && state.test(all);
            });
  }

  void patch(String patch) {
    resource.patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }

  @Override
  public void close() {
    resource.delete();
  }
}
