package dev.hermes.api.identity;

import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a route asks of its caller. A route with neither this nor a place in {@link PublicRoutes}
 * keeps the process from starting.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Requires {
  /** One of these; none named: any caller. */
  Scope[] scopes() default {};

  /** One of these; none named: any caller. */
  Role[] roles() default {};

  /** Whether code in a sandbox may call it with the token it was given ({@link CallbackTokens}). */
  boolean callback() default false;
}
