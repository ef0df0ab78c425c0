/** The connections. */
@NullMarked
package dev.hermes.egress.proxy;

import org.jspecify.annotations.NullMarked;
