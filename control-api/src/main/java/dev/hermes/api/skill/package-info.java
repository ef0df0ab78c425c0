/** Instructions that a tenant or a user has installed, and that a model may call for. */
@NullMarked
package dev.hermes.api.skill;

import org.jspecify.annotations.NullMarked;
