package dev.hermes.api.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PriceTest {
  @Test
  @DisplayName(
      "D-17 published prices, to the nano-dollar, halves up; sums of calls are sums of costs")
  void cost() {
    Price price = Price.usd(new BigDecimal("2.5"), new BigDecimal("10"));
    assertThat(price.of(1_000_000, 1_000_000)).isEqualTo(12_500_000_000L);
    assertThat(price.of(1, 0)).isEqualTo(2_500);
    assertThat(Price.usd(new BigDecimal("0.0005"), BigDecimal.ZERO).of(1, 0)).isEqualTo(1);
    assertThat(Price.usd(new BigDecimal("0.000499"), BigDecimal.ZERO).of(1, 0)).isZero();
    TokenUsage once = new TokenUsage(11, 7, false).at(price);
    assertThat(once.nanoUsd()).isEqualTo(97_500);
    assertThat(once.plus(once).nanoUsd()).isEqualTo(195_000);
  }

  @Test
  @DisplayName("the most tokens of a call at the highest price fit")
  void fits() {
    Price most = Price.usd(Price.MOST, Price.MOST);
    assertThat(most.of(1_000_000_000L, 1_000_000_000L)).isEqualTo(2_000_000_000_000_000L);
  }
}
