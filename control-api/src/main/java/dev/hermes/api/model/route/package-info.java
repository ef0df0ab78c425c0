/**
 * Which upstream answers a model call: weights, fallbacks, attempts and their pauses, and a breaker
 * before each upstream. It knows nothing of HTTP.
 */
@NullMarked
package dev.hermes.api.model.route;

import org.jspecify.annotations.NullMarked;
