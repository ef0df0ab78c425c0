/** Who a caller is, and what it may reach. */
@NullMarked
package dev.hermes.egress.access;

import org.jspecify.annotations.NullMarked;
