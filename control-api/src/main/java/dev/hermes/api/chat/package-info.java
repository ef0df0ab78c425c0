/** Chat completions: the agent loop and its answers. */
@NullMarked
package dev.hermes.api.chat;

import org.jspecify.annotations.NullMarked;
