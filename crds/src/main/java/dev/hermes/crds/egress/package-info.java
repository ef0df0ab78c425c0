/** What the egress proxy tells the control API. */
@NullMarked
package dev.hermes.crds.egress;

import org.jspecify.annotations.NullMarked;
