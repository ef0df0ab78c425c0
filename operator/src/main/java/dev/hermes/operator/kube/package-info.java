/** Ways of speaking to Kubernetes that every controller shares; no word of the domain. */
@NullMarked
package dev.hermes.operator.kube;

import org.jspecify.annotations.NullMarked;
