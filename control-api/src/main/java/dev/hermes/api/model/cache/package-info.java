/** Answers of models, kept for whoever asks the same again and wants that; in memory alone. */
@NullMarked
package dev.hermes.api.model.cache;

import org.jspecify.annotations.NullMarked;
