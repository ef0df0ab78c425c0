package dev.hermes.operator.provision;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** Which database this is, whatever name or address leads to it; for as long as it is up. */
public record DatabaseIdentity(String serverStarted, long database) {
  private static final String ASK =
      """
      select pg_postmaster_start_time()::text, d.oid::bigint
        from pg_catalog.pg_database d where d.datname = current_database()\
      """;

  /** Of the platform's own database, which is asked anew each time: it may have been moved. */
  public static DatabaseIdentity of(DataSource source) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(ASK)) {
      row.next();
      return new DatabaseIdentity(row.getString(1), row.getLong(2));
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }
}
