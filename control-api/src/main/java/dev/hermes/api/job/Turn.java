package dev.hermes.api.job;

import dev.hermes.database.access.TenantId;
import java.util.UUID;

/**
 * A keeper's turn at a job.
 *
 * @param number of this turn: what a keeper says under an older one is not heard any more
 */
record Turn(TenantId tenant, UUID job, UUID number) {}
