/** What the egress proxy tells the control API, and what both never connect to. */
@NullMarked
package dev.hermes.crds.egress;

import org.jspecify.annotations.NullMarked;
