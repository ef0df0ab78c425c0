package dev.hermes.operator.tenant;

/** Figures that move all the time. */
public record TenantCounts(int activeKeys, int warm, int claimed) {}
