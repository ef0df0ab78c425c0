package dev.hermes.operator.sandboxpolicy;

import java.util.Locale;

/** What a canary proves of a policy's sandboxes, one by one. */
public enum Check {
  KERNEL,
  CPU,
  PIDS,
  MEMORY,
  DISK,
  NETWORK,
  EGRESS;

  /** For metrics. */
  public String tag() {
    return name().toLowerCase(Locale.ROOT);
  }
}
