/** The API's own description. */
@NullMarked
package dev.hermes.api.openapi;

import org.jspecify.annotations.NullMarked;
