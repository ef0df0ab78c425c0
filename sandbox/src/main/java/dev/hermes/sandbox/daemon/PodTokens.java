package dev.hermes.sandbox.daemon;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokens and last answers of the pods in use; the least used are forgotten. */
final class PodTokens {
  private static final long REUSE = Duration.ofSeconds(30).toNanos();
  private static final long KNOWN = Duration.ofSeconds(10).toNanos();
  private static final int MOST = 4096;

  private record Token(String text, long signedAt) {}

  private final TokenSigner signer;
  private final Map<String, Token> tokens = lru();
  private final Map<String, Long> heard = lru();

  PodTokens(TokenSigner signer) {
    this.signer = signer;
  }

  synchronized String token(String podUid) {
    @Nullable Token token = tokens.get(podUid);
    if (token == null || System.nanoTime() - token.signedAt() >= REUSE) {
      token = new Token(signer.sign(podUid), System.nanoTime());
      tokens.put(podUid, token);
    }
    return token.text();
  }

  /** Whether the pod answered so lately that its address cannot be another's by now. */
  synchronized boolean isKnown(String podUid) {
    @Nullable Long at = heard.get(podUid);
    return at != null && System.nanoTime() - at < KNOWN;
  }

  synchronized void heardOf(String podUid) {
    heard.put(podUid, System.nanoTime());
  }

  synchronized void forget(String podUid) {
    tokens.remove(podUid);
    heard.remove(podUid);
  }

  private static <V> Map<String, V> lru() {
    return new LinkedHashMap<>(64, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > MOST;
      }
    };
  }
}
