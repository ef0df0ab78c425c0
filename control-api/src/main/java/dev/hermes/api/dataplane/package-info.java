/** The second listener: streams between an app and the daemon of a sandbox that it holds. */
@NullMarked
package dev.hermes.api.dataplane;

import org.jspecify.annotations.NullMarked;
