package dev.hermes.egress.access;

import dev.hermes.egress.destination.AllowList;

/** What of a SandboxPolicy bounds its sandboxes. */
public record PolicyState(String name, AllowList egress, boolean callback) {}
