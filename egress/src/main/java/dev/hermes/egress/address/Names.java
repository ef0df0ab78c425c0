package dev.hermes.egress.address;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Looks names up. A caller asks once for a connection and uses what it got, and nothing else. */
@FunctionalInterface
public interface Names {
  /** The addresses of a full name, never empty; fails when there are none. */
  CompletionStage<List<InetAddress>> resolve(String name);
}
