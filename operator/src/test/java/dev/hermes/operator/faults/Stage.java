package dev.hermes.operator.faults;

import org.jspecify.annotations.Nullable;

/**
 * One rig for the test classes of this JVM, and what the undisturbed run came to, which takes a
 * minute to learn. The operator runs only while a class has the stage: others start their own.
 */
final class Stage implements AutoCloseable {
  static final boolean FULL = Boolean.getBoolean("hermes.faults.full");
  static final long SEED = Long.getLong("hermes.faults.seed", System.nanoTime() % 100_000);

  private static @Nullable Reference reference;

  private final Rig rig = new Rig();
  private final FakeKubelet kubelet = new FakeKubelet(rig.kubernetes());

  Stage() {
    rig.start();
  }

  Rig rig() {
    return rig;
  }

  Reference reference() {
    synchronized (Stage.class) {
      if (reference == null) {
        reference = Reference.of(rig, FULL ? 3 : 1);
        print(reference);
      }
      return reference;
    }
  }

  @Override
  public void close() {
    kubelet.close();
    rig.close();
  }

  private static void print(Reference learned) {
    System.out.printf(
        "write points: %d in %d phases; seed %d%n", learned.points(), Script.PHASES.size(), SEED);
    for (int i = 0; i < Script.PHASES.size(); i++) {
      System.out.println("  " + Script.PHASES.get(i).name());
      learned.phases().get(i).points().forEach(point -> System.out.println("    " + point));
    }
  }
}
