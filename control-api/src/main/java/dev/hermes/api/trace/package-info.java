/** What a request does and how long it takes: its spans, and the words in each of its log lines. */
@NullMarked
package dev.hermes.api.trace;

import org.jspecify.annotations.NullMarked;
