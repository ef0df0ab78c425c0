package dev.hermes.database.migrate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What only a superuser may do: roles, schemas, grants (bootstrap.sql), then the roles' passwords.
 * The bootstrap Job runs it on each install and upgrade; a second run changes nothing but repairs
 * drift.
 */
public final class Bootstrap {
  /** The roles that log in, as their password files are called; the role is hermes_ and this. */
  public static final List<String> LOGINS =
      List.of("migrator", "provisioner", "probe", "app", "authn", "platform", "jobs", "backup");

  private static final Logger LOG = LoggerFactory.getLogger(Bootstrap.class);

  private Bootstrap() {}

  /** Creates or repairs roles, schemas and grants; all of it or nothing. */
  public static void roles(Connection superuser) throws SQLException {
    superuser.setAutoCommit(false);
    try (Statement statement = superuser.createStatement()) {
      statement.execute(Resources.text("/bootstrap.sql"));
      superuser.commit();
      LOG.info("roles, schemas and grants are in place");
    } finally {
      // A commit that happened leaves nothing to roll back.
      superuser.rollback();
      superuser.setAutoCommit(true);
    }
  }

  /**
   * Sets each role's password from its file. The server gets a SCRAM verifier, never the password,
   * so no log of statements holds one.
   */
  public static void passwords(Connection superuser, Path folder) throws SQLException {
    PGConnection postgres = superuser.unwrap(PGConnection.class);
    for (String login : LOGINS) {
      char[] password = read(folder.resolve(login)).toCharArray();
      if (password.length == 0) {
        throw new IllegalStateException("the password file of " + login + " is empty");
      }
      postgres.alterUserPassword("hermes_" + login, password, "scram-sha-256");
    }
    LOG.info("passwords of {} roles are set", LOGINS.size());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the password file " + file, e);
    }
  }
}
