/**
 * What upstreams speak: requests, answers and errors of each wire format, between OpenAI's chat
 * completions and theirs. Pure translation; sending is elsewhere.
 */
@NullMarked
package dev.hermes.api.model.dialect;

import org.jspecify.annotations.NullMarked;
