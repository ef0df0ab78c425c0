package dev.hermes.api.sandbox;

import dev.hermes.sandbox.daemon.RunningProgram;

/** What came of starting a program in a sandbox. */
public sealed interface Launch {
  /** It is heard from now on; who has it ends it. */
  record Started(RunningProgram program) implements Launch {}

  /** It was not started; never {@link Execution.Ran}. */
  record Failed(Execution why) implements Launch {}
}
