/** Takes what the egress proxy reports: refusals for the audit log, bytes for usage. */
@NullMarked
package dev.hermes.api.egress;

import org.jspecify.annotations.NullMarked;
