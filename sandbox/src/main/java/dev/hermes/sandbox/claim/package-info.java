/** How the API takes a warm pod, makes a cold one, and lets go of both. */
@NullMarked
package dev.hermes.sandbox.claim;

import org.jspecify.annotations.NullMarked;
