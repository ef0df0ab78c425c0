/** Whether this process lives and may be sent requests. */
@NullMarked
package dev.hermes.api.health;

import org.jspecify.annotations.NullMarked;
