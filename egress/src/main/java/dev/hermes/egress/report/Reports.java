package dev.hermes.egress.report;

import dev.hermes.crds.egress.EgressReport;
import java.io.IOException;

/** Where reports go. */
@FunctionalInterface
public interface Reports {
  /** Returns when the report is taken; {@link NotTakenException}: this one was not. */
  void send(EgressReport report) throws IOException, InterruptedException;
}
