package dev.hermes.database.access;

/** Told of each transaction of a tenant; the API puts them on its traces. */
@FunctionalInterface
public interface TransactionWatch {
  /** Nobody looks. */
  TransactionWatch NONE = tenant -> Watched.UNSEEN;

  /** Called before a connection is asked for; what it answers is closed on the same thread. */
  Watched begins(TenantId tenant);

  /** One transaction; closed without {@link #committed} it was rolled back. */
  interface Watched extends AutoCloseable {
    Watched UNSEEN =
        new Watched() {
          @Override
          public void committed() {}

          @Override
          public void close() {}
        };

    void committed();

    @Override
    void close();
  }
}
