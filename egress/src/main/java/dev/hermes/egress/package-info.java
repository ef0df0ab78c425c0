/** The egress proxy: the only way out of a sandbox. */
@NullMarked
package dev.hermes.egress;

import org.jspecify.annotations.NullMarked;
