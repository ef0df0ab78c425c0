package dev.hermes.egress.testing;

import dev.hermes.egress.address.Names;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** A name server in the test: answers in turn, the last one for ever, and counts. */
public final class TestNames implements Names {
  private final Map<String, Deque<List<InetAddress>>> answers = new ConcurrentHashMap<>();
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();

  /** One more answer for a name. */
  public TestNames answer(String name, String... addresses) {
    answers
        .computeIfAbsent(name, unknown -> new ArrayDeque<>())
        .add(Stream.of(addresses).map(TestNames::address).toList());
    return this;
  }

  public int asked(String name) {
    return asked.getOrDefault(name, 0);
  }

  @Override
  public synchronized CompletionStage<List<InetAddress>> resolve(String name) {
    asked.merge(name, 1, Integer::sum);
    Deque<List<InetAddress>> left = answers.get(name);
    if (left == null) {
      return CompletableFuture.failedFuture(new UnknownHostException(name));
    }
    return CompletableFuture.completedFuture(left.size() > 1 ? left.remove() : left.peek());
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
