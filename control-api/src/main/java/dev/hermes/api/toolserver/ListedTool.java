package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A tool of a server, within bounds.
 *
 * @param server the server's name
 * @param inSandbox whether the server is a program that runs in a sandbox
 * @param name as the server calls it
 * @param wire as models call it
 * @param schema of its arguments; shared, so never changed
 */
public record ListedTool(
    String server,
    boolean inSandbox,
    String name,
    String wire,
    String description,
    ObjectNode schema) {}
