/** The sandbox of a session: its lease, its pod, its daemon. */
@NullMarked
package dev.hermes.api.sandbox;

import org.jspecify.annotations.NullMarked;
