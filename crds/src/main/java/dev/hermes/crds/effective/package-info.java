/** The tenant's effective configuration, as the operator resolves it and the API reads it. */
@NullMarked
package dev.hermes.crds.effective;

import org.jspecify.annotations.NullMarked;
