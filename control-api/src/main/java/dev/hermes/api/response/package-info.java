/** Responses that are kept, to be found again and to be followed by others. */
@NullMarked
package dev.hermes.api.response;

import org.jspecify.annotations.NullMarked;
