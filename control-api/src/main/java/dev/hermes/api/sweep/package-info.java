/** What is kept for a time alone ends, whether or not its tenant comes again. */
@NullMarked
package dev.hermes.api.sweep;

import org.jspecify.annotations.NullMarked;
