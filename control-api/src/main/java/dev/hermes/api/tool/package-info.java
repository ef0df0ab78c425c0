/** Tools that the platform runs for a model, and the policy that allows them. */
@NullMarked
package dev.hermes.api.tool;

import org.jspecify.annotations.NullMarked;
