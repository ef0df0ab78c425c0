/** What one replica tells the others by way of the database: a word, at once, and perhaps lost. */
@NullMarked
package dev.hermes.api.notice;

import org.jspecify.annotations.NullMarked;
