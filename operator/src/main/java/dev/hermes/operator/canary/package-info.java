/** Proves, in pods of a sandbox's shape, that the walls of each policy hold. */
@NullMarked
package dev.hermes.operator.canary;

import org.jspecify.annotations.NullMarked;
