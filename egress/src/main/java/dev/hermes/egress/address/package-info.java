/** Which addresses the proxy may connect to, and the look-up of names. */
@NullMarked
package dev.hermes.egress.address;

import org.jspecify.annotations.NullMarked;
