package dev.hermes.api.sandbox;

import dev.hermes.sandbox.daemon.ExecResult;

/** What came of running code in a sandbox. */
public sealed interface Execution {
  /** It ran, well or not. */
  record Ran(ExecResult result) implements Execution {}

  /** The tenant has as many sandboxes as it may; one must end first. */
  record Full() implements Execution {}

  /** There is no sandbox now; nothing ran. */
  record Unavailable(String reason) implements Execution {}

  /** The sandbox broke off: the code may have run in part. */
  record Broken(String reason) implements Execution {}
}
