/** What is told of refusals and bytes. */
@NullMarked
package dev.hermes.egress.report;

import org.jspecify.annotations.NullMarked;
