/** How operator and API put a pod of theirs on the cluster: once, whatever the network does. */
@NullMarked
package dev.hermes.sandbox.create;

import org.jspecify.annotations.NullMarked;
