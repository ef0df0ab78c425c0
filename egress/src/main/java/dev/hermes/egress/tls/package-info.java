/** The first message of a TLS connection. */
@NullMarked
package dev.hermes.egress.tls;

import org.jspecify.annotations.NullMarked;
