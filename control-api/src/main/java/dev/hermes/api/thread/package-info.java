/** Which threads requests run in. */
@NullMarked
package dev.hermes.api.thread;

import org.jspecify.annotations.NullMarked;
