package dev.hermes.operator.provision;

import dev.hermes.crds.Reason;
import java.sql.SQLException;

/** Says of a failed statement on a tenant's own database what its owner has to do; pure. */
final class DedicatedFailures {
  private static final int MAX = 200;

  private DedicatedFailures() {}

  static DedicatedUnavailable of(String role, Throwable thrown) {
    String state = Fenced.state(thrown).orElse("");
    return switch (state) {
      case "28P01", "28000" ->
          new DedicatedUnavailable(
              Reason.DatabaseLoginRefused,
              "the database refuses "
                  + role
                  + ": set the role's password on the server and in the Secret to the same one"
                  + " (and see pg_hba.conf); tried again",
              thrown);
      case "3D000" ->
          new DedicatedUnavailable(
              Reason.DatabaseNotPrepared,
              "the server has no database of the name in the Secret's url; create it and run"
                  + " bootstrap.sql there",
              thrown);
      // no schema, no table, no right
      case "3F000", "42P01", "42501", "42883" ->
          new DedicatedUnavailable(
              Reason.DatabaseNotPrepared,
              "the database lacks what bootstrap.sql makes ("
                  + words(thrown)
                  + "); run the bootstrap.sql of this release there as a superuser",
              thrown);
      case "HX001" ->
          new DedicatedUnavailable(
              Reason.DatabaseTaken,
              "the operator of another installation, or a newer leader, writes to this database;"
                  + " it can serve one installation",
              thrown);
      case "HX003" ->
          new DedicatedUnavailable(
              Reason.DatabaseTaken,
              "the database has the tenant's id as another Tenant's; see docs/database.md",
              thrown);
      default ->
          new DedicatedUnavailable(
              Reason.DatabaseUnreachable,
              "the database does not answer as it should ("
                  + words(thrown)
                  + "); is it up, and does the network let the system namespace through to it?"
                  + " Tried again",
              thrown);
    };
  }

  /** The driver's own words; they name host, role and object, never a password. */
  private static String words(Throwable thrown) {
    String words = String.valueOf(thrown.getMessage());
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException) {
        words = String.valueOf(cause.getMessage());
        break;
      }
    }
    String line = words.replaceAll("\\s+", " ").strip();
    return line.length() > MAX ? line.substring(0, MAX) + "…" : line;
  }
}
