package dev.hermes.operator.tenant;

import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.Function;

/** The largest sandbox of a tenant, and how many there may be; pure. */
record Sizes(
    int pods,
    BigDecimal cpu,
    BigDecimal memory,
    BigDecimal storage,
    List<ResolvedPolicy> policies) {
  private static final BigDecimal MI = BigDecimal.valueOf(1024 * 1024);
  private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

  static Sizes of(TenantFacts facts) {
    int warm = facts.policies().stream().mapToInt(p -> p.effective().pool().warm()).sum();
    return new Sizes(
        facts.maxConcurrent() + warm + 1,
        most(facts, p -> amount(p.effective().resources().cpu())),
        most(facts, p -> amount(p.effective().resources().memory())),
        most(facts, p -> amount(p.effective().resources().ephemeralStorage())),
        facts.policies());
  }

  Quantity maxCpu() {
    return cpu(cpu);
  }

  Quantity maxMemory() {
    return mebibytes(memory);
  }

  Quantity maxStorage() {
    return mebibytes(storage);
  }

  /** The quota counts what the RuntimeClass adds to a pod, too. */
  Quantity totalCpu() {
    return cpu(cpu.add(overhead("cpu")).multiply(BigDecimal.valueOf(pods)));
  }

  Quantity totalMemory() {
    return mebibytes(memory.add(overhead("memory")).multiply(BigDecimal.valueOf(pods)));
  }

  Quantity totalStorage() {
    return mebibytes(storage.multiply(BigDecimal.valueOf(pods)));
  }

  private BigDecimal overhead(String resource) {
    return policies.stream()
        .map(policy -> policy.overhead().get(resource))
        .map(quantity -> quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount())
        .reduce(BigDecimal.ZERO, BigDecimal::max);
  }

  private static BigDecimal most(TenantFacts facts, Function<ResolvedPolicy, BigDecimal> of) {
    return facts.policies().stream().map(of).reduce(BigDecimal.ZERO, BigDecimal::max);
  }

  private static BigDecimal amount(String quantity) {
    return Quantity.parse(quantity).getNumericalAmount();
  }

  private static Quantity cpu(BigDecimal cores) {
    return new Quantity(
        cores.multiply(THOUSAND).setScale(0, RoundingMode.CEILING).toPlainString() + "m");
  }

  private static Quantity mebibytes(BigDecimal bytes) {
    return new Quantity(bytes.divide(MI, 0, RoundingMode.CEILING).toPlainString() + "Mi");
  }
}
