/** What this platform writes for, and reads of, the controller of agent-sandbox. */
@NullMarked
package dev.hermes.sandbox.agent;

import org.jspecify.annotations.NullMarked;
