/** Removes the data of deleted tenants when its time has come. */
@NullMarked
package dev.hermes.operator.purge;

import org.jspecify.annotations.NullMarked;
