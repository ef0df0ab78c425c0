package dev.hermes.api.idempotency;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A route that is done once for a key; every POST is one. {@link OnceFilter} refuses a key where
 * this is missing.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Once {
  /** Whether the route takes the key itself, in the transaction of what it does. */
  boolean byItself() default false;
}
