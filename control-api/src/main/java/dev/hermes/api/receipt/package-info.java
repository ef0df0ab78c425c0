/** Evidence of every tool call. */
@NullMarked
package dev.hermes.api.receipt;

import org.jspecify.annotations.NullMarked;
