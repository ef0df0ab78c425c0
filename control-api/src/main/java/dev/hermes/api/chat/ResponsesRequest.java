package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.SessionId;
import java.util.Optional;

/**
 * A request for a response, as a chat that asks for the same.
 *
 * @param conversation the session that it continues
 * @param previous the response that it follows
 * @param input as sent
 * @param store whether it is to be kept
 * @param echo members that the response repeats, as it repeats them
 */
record ResponsesRequest(
    ChatRequest chat,
    Optional<SessionId> conversation,
    Optional<String> previous,
    JsonNode input,
    boolean store,
    ObjectNode echo) {}
