package dev.hermes.operator.provision;

import dev.hermes.crds.tenant.TenantSpec;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A tenant whose object is being deleted, and what was asked about its data.
 *
 * @param legalHold the holds that stood at the moment of deletion; the data is not purged under any
 * @param evidence facts of the deletion, for people; no content
 */
public record DeletedTenant(
    UUID tenantId,
    String objectUid,
    String name,
    TenantSpec.Deletion deletion,
    List<TenantSpec.LegalHold> legalHold,
    Map<String, String> evidence) {}
