package dev.hermes.database.id;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.UUID;

/**
 * Makes every id of the product: UUID version 7 (RFC 9562), which sorts by time to the millisecond
 * and holds 74 random bits, so nobody guesses another tenant's.
 */
public final class UuidV7 {
  private static final SecureRandom RANDOM = new SecureRandom();

  private UuidV7() {}

  public static UUID next() {
    return at(Clock.systemUTC().millis());
  }

  static UUID at(long epochMillis) {
    long high = epochMillis << 16 | 0x7000L | RANDOM.nextLong() & 0x0FFFL;
    long low = RANDOM.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }
}
