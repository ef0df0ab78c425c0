/** What the proxy knows of the cluster, and the public keys. */
@NullMarked
package dev.hermes.egress.watch;

import org.jspecify.annotations.NullMarked;
