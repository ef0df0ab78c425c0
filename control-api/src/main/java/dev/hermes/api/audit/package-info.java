/** The record of what was allowed and denied. */
@NullMarked
package dev.hermes.api.audit;

import org.jspecify.annotations.NullMarked;
