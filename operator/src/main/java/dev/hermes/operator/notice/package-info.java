/** Mail to people. */
@NullMarked
package dev.hermes.operator.notice;

import org.jspecify.annotations.NullMarked;
