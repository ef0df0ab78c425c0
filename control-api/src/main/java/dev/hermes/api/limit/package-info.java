/** How often a tenant may call. */
@NullMarked
package dev.hermes.api.limit;

import org.jspecify.annotations.NullMarked;
