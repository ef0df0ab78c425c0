/** What is kept for a user from one conversation to the next: memories, and a profile. */
@NullMarked
package dev.hermes.api.memory;

import org.jspecify.annotations.NullMarked;
