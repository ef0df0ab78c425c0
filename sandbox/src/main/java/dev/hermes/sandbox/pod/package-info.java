/** The shape of a sandbox pod: a pure function of policy and tenant, used by operator and API. */
@NullMarked
package dev.hermes.sandbox.pod;

import org.jspecify.annotations.NullMarked;
