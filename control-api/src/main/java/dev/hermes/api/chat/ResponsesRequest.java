package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.SessionId;
import java.util.Optional;

/**
 * A request for a response, as a chat that asks for the same.
 *
 * @param conversation the session that it continues
 * @param echo members that the response repeats, as it repeats them
 */
record ResponsesRequest(ChatRequest chat, Optional<SessionId> conversation, ObjectNode echo) {}
