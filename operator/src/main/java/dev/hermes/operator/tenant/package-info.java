/** The Tenant controller. */
@NullMarked
package dev.hermes.operator.tenant;

import org.jspecify.annotations.NullMarked;
