/** What was used, by whom, and what it cost. */
@NullMarked
package dev.hermes.api.usage;

import org.jspecify.annotations.NullMarked;
