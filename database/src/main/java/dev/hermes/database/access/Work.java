package dev.hermes.database.access;

import org.jdbi.v3.core.Handle;

/** What is done for one tenant in one transaction; it must not wait for anything but SQL. */
@FunctionalInterface
public interface Work<T> {
  T in(Handle handle);
}
