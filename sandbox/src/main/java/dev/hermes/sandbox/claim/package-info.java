/**
 * How the API takes a warm pod, makes a cold one, and lets go of both; or claims one of
 * agent-sandbox.
 */
@NullMarked
package dev.hermes.sandbox.claim;

import org.jspecify.annotations.NullMarked;
