package dev.hermes.egress.report;

import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.destination.Destination;
import java.time.Instant;
import java.util.Optional;

/** A refusal on its way to log, Event and report. */
record Denied(
    Instant time,
    String ip,
    Optional<Sandbox> sandbox,
    Optional<Destination> destination,
    Refusal refusal) {}
