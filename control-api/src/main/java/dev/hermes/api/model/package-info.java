/** Model providers behind one interface. */
@NullMarked
package dev.hermes.api.model;

import org.jspecify.annotations.NullMarked;
