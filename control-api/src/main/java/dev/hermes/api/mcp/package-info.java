/** The platform's tools for clients of the Model Context Protocol. */
@NullMarked
package dev.hermes.api.mcp;

import org.jspecify.annotations.NullMarked;
