package dev.hermes.api.job;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * The files of jobs and their bytes, wherever the tenant's content lies. Only the keeper that was
 * the last to begin collecting writes, and only while the job lives.
 */
@Singleton
final class ArtifactRows {
  /** The most bytes of a chunk; every chunk but a file's last has as many. */
  static final int CHUNK = 1 << 20;

  private static final String OF = " where tenant_id = :tenant and job_id = :job";

  private final TenantDatabase database;

  ArtifactRows(TenantDatabase database) {
    this.database = database;
  }

  /** From now on this keeper collects, from the beginning; false when the job has ended. */
  boolean open(Turn turn) {
    return database.inTenant(
        turn.tenant(),
        handle -> {
          boolean mine =
              of(
                          turn,
                          handle.createUpdate(
                              "update jobs set keeper = :keeper"
                                  + OF
                                  + " and status in ('queued', 'running')"))
                      .bind("keeper", turn.number())
                      .execute()
                  == 1;
          if (mine) {
            clear(handle, turn.tenant(), turn.job());
          }
          return mine;
        });
  }

  /** Writes a part of a file; false when another keeper collects, or the job has ended. */
  boolean chunk(Turn turn, int file, int chunk, byte[] bytes) {
    return write(
        turn,
        handle ->
            of(
                    turn,
                    handle.createUpdate(
                        "insert into job_chunks (tenant_id, job_id, file_no, chunk_no, bytes)"
                            + " values (:tenant, :job, :file, :chunk, :bytes)"))
                .bind("file", file)
                .bind("chunk", chunk)
                .bind("bytes", bytes)
                .execute());
  }

  /** Writes what is known of a file; one that is not kept loses its chunks. */
  boolean file(Turn turn, Artifact artifact) {
    return write(
        turn,
        handle -> {
          if (artifact.state() != Artifact.State.STORED) {
            of(turn, handle.createUpdate("delete from job_chunks" + OF + " and file_no = :file"))
                .bind("file", artifact.number())
                .execute();
          }
          of(
                  turn,
                  handle.createUpdate(
                      """
                      insert into job_files (tenant_id, job_id, file_no, path, size, sha256, state)
                      values (:tenant, :job, :file, :path, :size, :sha256, :state)
                      """))
              .bind("file", artifact.number())
              .bind("path", artifact.path())
              .bind("size", artifact.size())
              .bind("sha256", artifact.sha256().map(HexFormat.of()::parseHex).orElse(null))
              .bind("state", artifact.state().wire())
              .execute();
        });
  }

  private boolean write(Turn turn, Consumer<Handle> work) {
    return database.inTenant(
        turn.tenant(),
        handle -> {
          boolean mine =
              of(
                      turn,
                      handle.createQuery(
                          "select true from jobs"
                              + OF
                              + " and status in ('queued', 'running') and keeper = :keeper"
                              + " for share"))
                  .bind("keeper", turn.number())
                  .mapTo(Boolean.class)
                  .findOne()
                  .isPresent();
          if (mine) {
            work.accept(handle);
          }
          return mine;
        });
  }

  /** By number. */
  List<Artifact> list(TenantId tenant, UUID job) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery("select * from job_files" + OF + " order by file_no")
                .bind("tenant", tenant.value())
                .bind("job", job)
                .map((row, context) ->
                    new Artifact(
                        row.getInt("file_no"),
                        row.getString("path"),
                        row.getLong("size"),
                        Optional.ofNullable(row.getBytes("sha256")).map(HexFormat.of()::formatHex),
                        Artifact.State.read(row.getString("state"))))
                .list());
  }

  /** A part of a file; empty when it is not there any more. */
  Optional<byte[]> read(TenantId tenant, UUID job, int file, int chunk) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    "select bytes from job_chunks"
                        + OF
                        + " and file_no = :file and chunk_no = :chunk")
                .bind("tenant", tenant.value())
                .bind("job", job)
                .bind("file", file)
                .bind("chunk", chunk)
                .map((row, context) -> row.getBytes("bytes"))
                .findOne());
  }

  /** The bytes go, the names stay. */
  void expire(TenantId tenant, UUID job) {
    database.inTenant(
        tenant,
        handle -> {
          for (String sql :
              List.of(
                  "delete from job_chunks" + OF,
                  "update job_files set state = 'expired'" + OF + " and state = 'stored'")) {
            handle.createUpdate(sql).bind("tenant", tenant.value()).bind("job", job).execute();
          }
          return true;
        });
  }

  /** All of it goes. Joins the caller's transaction. */
  void remove(TenantId tenant, UUID job) {
    database.inTenant(
        tenant,
        handle -> {
          clear(handle, tenant, job);
          return true;
        });
  }

  private static void clear(Handle handle, TenantId tenant, UUID job) {
    for (String table : List.of("job_chunks", "job_files")) {
      handle
          .createUpdate("delete from " + table + OF)
          .bind("tenant", tenant.value())
          .bind("job", job)
          .execute();
    }
  }

  private static <S extends SqlStatement<S>> S of(Turn turn, S statement) {
    return statement.bind("tenant", turn.tenant().value()).bind("job", turn.job());
  }
}
