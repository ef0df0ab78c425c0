package dev.hermes.egress.address;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * Looks up what the installation names, as every other process of it does: with the search list of
 * resolv.conf, so that {@code hermes-api.hermes-system.svc} is found.
 */
public final class PlatformNames implements Names {
  private final Executor threads =
      Executors.newFixedThreadPool(
          2, task -> Thread.ofPlatform().name("platform-names").daemon().unstarted(task));

  @Override
  public CompletionStage<List<InetAddress>> resolve(String name) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return List.of(InetAddress.getAllByName(name));
          } catch (UnknownHostException e) {
            throw new CompletionException(e);
          }
        },
        threads);
  }
}
