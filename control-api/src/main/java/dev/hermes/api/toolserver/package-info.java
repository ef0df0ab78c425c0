/** MCP servers that a tenant names: which tools they have, and calls of them. */
@NullMarked
package dev.hermes.api.toolserver;

import org.jspecify.annotations.NullMarked;
