package dev.hermes.operator.provision;

import java.util.Optional;

/**
 * Whose a tenant id is.
 *
 * @param objectUid the Tenant object that has, or last had, the data
 * @param deleted that object was deleted, and the row says so
 * @param cluster UID of its cluster's namespace kube-system; empty: written before it was recorded
 * @param isolation where the data are, as {@code spec.database.isolation} says it
 * @param purged a purge of the data has begun
 */
public record Holder(
    String objectUid,
    String name,
    boolean deleted,
    Optional<String> cluster,
    String isolation,
    boolean purged) {}
