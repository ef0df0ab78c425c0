/** The form of an API key and the digest that stands for it in the database. */
@NullMarked
package dev.hermes.database.key;

import org.jspecify.annotations.NullMarked;
