/** Client of the daemon inside a sandbox pod, and the tokens it asks for. */
@NullMarked
package dev.hermes.sandbox.daemon;

import org.jspecify.annotations.NullMarked;
