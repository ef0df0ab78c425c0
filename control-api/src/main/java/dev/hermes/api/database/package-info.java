/** Connection pools and the checks before the first request; nobody else sees a pool. */
@NullMarked
package dev.hermes.api.database;

import org.jspecify.annotations.NullMarked;
