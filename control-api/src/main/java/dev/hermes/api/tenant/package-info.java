/** What the caller's tenant may do, as the operator resolved it. */
@NullMarked
package dev.hermes.api.tenant;

import org.jspecify.annotations.NullMarked;
