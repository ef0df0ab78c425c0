/** A strict reading of HTTP/1: what could be read in two ways is refused. */
@NullMarked
package dev.hermes.egress.http;

import org.jspecify.annotations.NullMarked;
