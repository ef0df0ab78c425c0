/** What a caller is told about itself. */
@NullMarked
package dev.hermes.api.me;

import org.jspecify.annotations.NullMarked;
