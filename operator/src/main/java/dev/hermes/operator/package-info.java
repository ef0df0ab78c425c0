/** The operator's process: wiring only. */
@NullMarked
package dev.hermes.operator;

import org.jspecify.annotations.NullMarked;
