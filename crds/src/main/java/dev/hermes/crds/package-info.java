/** The names both processes and the chart share. */
@NullMarked
package dev.hermes.crds;

import org.jspecify.annotations.NullMarked;
