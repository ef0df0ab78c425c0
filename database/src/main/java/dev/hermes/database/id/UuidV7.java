package dev.hermes.database.id;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
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
    return of(epochMillis, RANDOM.nextLong(), RANDOM.nextLong());
  }

  /**
   * The id of a part of something that may be told of twice: the same each time it is asked for.
   *
   * @param whole a random id
   * @param part which part, counted from 0
   */
  public static UUID derived(Instant time, UUID whole, int part) {
    ByteBuffer bytes = ByteBuffer.allocate(20);
    bytes.putLong(whole.getMostSignificantBits()).putLong(whole.getLeastSignificantBits());
    try {
      ByteBuffer digest =
          ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes.putInt(part).array()));
      return of(time.toEpochMilli(), digest.getLong(), digest.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static UUID of(long epochMillis, long some, long more) {
    long high = epochMillis << 16 | 0x7000L | some & 0x0FFFL;
    long low = more & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }
}
