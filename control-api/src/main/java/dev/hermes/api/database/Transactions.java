package dev.hermes.api.database;

import dev.hermes.api.trace.Step;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.access.TransactionWatch;

/** Puts each transaction of a tenant on the trace, with the wait for its connection. */
final class Transactions implements TransactionWatch {
  @Override
  public Watched begins(TenantId tenant) {
    Step step = Step.calling("transaction", "");
    return step.isKept() ? new Traced(step.with("db.system.name", "postgresql")) : Watched.UNSEEN;
  }

  private static final class Traced implements Watched {
    private final Step step;
    private boolean committed;

    Traced(Step step) {
      this.step = step;
    }

    @Override
    public void committed() {
      committed = true;
    }

    @Override
    public void close() {
      if (!committed) {
        step.failed("rolled_back");
      }
      step.close();
    }
  }
}
