/** The database's doors for the operator, each behind the leader's fence. */
@NullMarked
package dev.hermes.operator.provision;

import org.jspecify.annotations.NullMarked;
