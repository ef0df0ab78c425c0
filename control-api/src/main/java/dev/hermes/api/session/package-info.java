/** Conversations kept between requests, one turn at a time. */
@NullMarked
package dev.hermes.api.session;

import org.jspecify.annotations.NullMarked;
