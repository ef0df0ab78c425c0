/** What a tenant may use: its own bounds, else those of its plan. */
@NullMarked
package dev.hermes.operator.plan;

import org.jspecify.annotations.NullMarked;
