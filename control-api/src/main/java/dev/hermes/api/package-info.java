/** The control API: one package a capability. */
@NullMarked
package dev.hermes.api;

import org.jspecify.annotations.NullMarked;
