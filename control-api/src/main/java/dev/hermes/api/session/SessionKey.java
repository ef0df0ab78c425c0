package dev.hermes.api.session;

import dev.hermes.database.access.TenantId;

/** What names one conversation of one user of one tenant. */
public record SessionKey(TenantId tenant, String user, SessionId id) {}
