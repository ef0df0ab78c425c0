package dev.hermes.api.sandbox;

import dev.hermes.crds.Tool;
import java.time.Duration;

/** What is to run in a sandbox, and for how long at most. */
public record SandboxCode(Tool language, String text, Duration timeout) {}
