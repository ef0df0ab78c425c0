/** Errors as every client understands them, and the headers every answer carries. */
@NullMarked
package dev.hermes.api.problem;

import org.jspecify.annotations.NullMarked;
