/** The APIKey controller. */
@NullMarked
package dev.hermes.operator.apikey;

import org.jspecify.annotations.NullMarked;
