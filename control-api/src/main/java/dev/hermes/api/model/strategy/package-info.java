/** Ways to a better answer that ask a model several times (AGW-14). */
@NullMarked
package dev.hermes.api.model.strategy;

import org.jspecify.annotations.NullMarked;
