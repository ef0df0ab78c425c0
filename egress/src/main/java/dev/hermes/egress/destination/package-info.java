/** Names and ports that requests ask for and policies allow. */
@NullMarked
package dev.hermes.egress.destination;

import org.jspecify.annotations.NullMarked;
