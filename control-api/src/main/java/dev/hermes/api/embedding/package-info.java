/** Texts as vectors: OpenAI's embeddings, by way of the tenant's models. */
@NullMarked
package dev.hermes.api.embedding;

import org.jspecify.annotations.NullMarked;
