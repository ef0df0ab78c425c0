package dev.hermes.operator.tenant;

import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.kube.StepOutcome;
import java.util.Optional;
import java.util.UUID;

/** What each step of one reconciliation came to. */
record TenantProgress(
    Optional<UUID> tenantId,
    Optional<String> namespace,
    StepOutcome database,
    StepOutcome namespaceReady,
    StepOutcome networkIsolated,
    StepOutcome isolation,
    Optional<TenantStatus.SelfTest> selfTest) {}
