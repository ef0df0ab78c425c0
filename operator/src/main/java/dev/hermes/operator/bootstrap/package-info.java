/** Secrets of a new installation. */
@NullMarked
package dev.hermes.operator.bootstrap;

import org.jspecify.annotations.NullMarked;
