package dev.hermes.operator.dedicated;

import java.util.Set;

/**
 * What migration Jobs are made of; they run this release's own image.
 *
 * @param namespace the system namespace, where they run
 * @param image empty: unknown, so none can be made
 */
public record MigrationSettings(
    String namespace, String image, String pullPolicy, Set<String> pullSecrets) {}
