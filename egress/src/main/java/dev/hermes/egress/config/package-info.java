/** Settings of the process, read once from the environment. */
@NullMarked
package dev.hermes.egress.config;

import org.jspecify.annotations.NullMarked;
