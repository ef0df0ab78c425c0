package dev.hermes.api.model;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * What a model's tokens cost.
 *
 * @param input nano-USD for a thousand tokens of the prompt
 * @param output the same of the answer
 */
public record Price(long input, long output) {
  public static final Price FREE = new Price(0, 0);

  /** Dollars for a million tokens; with more, the cost of a call might not fit into 64 bits. */
  static final BigDecimal MOST = BigDecimal.valueOf(1000);

  private static final BigDecimal NANOS_A_THOUSAND = BigDecimal.valueOf(1_000_000);

  /**
   * Of USD for a million tokens, as providers publish their prices.
   *
   * @throws IllegalArgumentException below 0, above 1000, or finer than a millionth of a dollar
   */
  static Price usd(BigDecimal input, BigDecimal output) {
    return new Price(nanos(input), nanos(output));
  }

  private static long nanos(BigDecimal usd) {
    if (usd.signum() < 0 || usd.compareTo(MOST) > 0) {
      throw new IllegalArgumentException("a price is 0 to " + MOST + " USD for a million tokens");
    }
    try {
      return usd.multiply(NANOS_A_THOUSAND).setScale(0, RoundingMode.UNNECESSARY).longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a price has at most six digits after the point", e);
    }
  }

  /** In nano-USD, rounded to the nearest. */
  long of(long promptTokens, long completionTokens) {
    return Math.addExact(
            Math.addExact(
                Math.multiplyExact(promptTokens, input),
                Math.multiplyExact(completionTokens, output)),
            500)
        / 1000;
  }
}
