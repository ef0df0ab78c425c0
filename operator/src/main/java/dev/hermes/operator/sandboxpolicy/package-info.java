/** The SandboxPolicy controller and what a policy means for a tenant. */
@NullMarked
package dev.hermes.operator.sandboxpolicy;

import org.jspecify.annotations.NullMarked;
