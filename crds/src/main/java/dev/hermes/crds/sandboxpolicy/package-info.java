/** The SandboxPolicy kind: what a sandbox of a tenant may be and do. */
@NullMarked
package dev.hermes.crds.sandboxpolicy;

import org.jspecify.annotations.NullMarked;
