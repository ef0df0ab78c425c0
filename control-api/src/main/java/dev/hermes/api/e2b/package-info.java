/** The control routes of E2B's API, so that its clients work unmodified. */
@NullMarked
package dev.hermes.api.e2b;

import org.jspecify.annotations.NullMarked;
