package dev.hermes.egress.access;

import java.util.Set;

/**
 * What of a Tenant bounds its sandboxes.
 *
 * @param policies names of the SandboxPolicies it lists
 */
public record TenantState(
    String name, String id, String namespace, boolean suspended, Set<String> policies) {}
