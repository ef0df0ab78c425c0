/** Jobs: programs that run to their end without anybody waiting, and the files they leave. */
@NullMarked
package dev.hermes.api.job;

import org.jspecify.annotations.NullMarked;
