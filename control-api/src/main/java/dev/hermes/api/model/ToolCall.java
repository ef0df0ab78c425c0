package dev.hermes.api.model;

/** A call a model asks for; {@code arguments} is JSON as the model wrote it. */
public record ToolCall(String id, String name, String arguments) {}
