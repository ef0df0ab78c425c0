package dev.hermes.api.dataplane;

import dev.hermes.api.receipt.Content;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.database.access.TenantId;

/** An execution that may pass, for its receipt has been begun. */
record Run(TenantId tenant, HeldLease lease, Receipt receipt) {

  /**
   * How it ended.
   *
   * @param whole whether all of an answer with status 200 went to the client; whether the program
   *     succeeded stands inside the answer, which nobody here reads
   * @param input what went to the daemon of the request's body
   * @param output what the daemon sent of the answer's body
   */
  record End(boolean whole, Content input, Content output) {
    /** The daemon was never asked. */
    static End unasked() {
      return new End(false, Content.of(""), Content.of(""));
    }
  }
}
