package dev.hermes.database.access;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A connection inside a tenant's transaction, as borrowers see it: closing it does nothing, and
 * whatever would end the transaction, and with it the tenant's context, is refused.
 */
final class BoundConnection implements InvocationHandler {
  private final Connection connection;

  private BoundConnection(Connection connection) {
    this.connection = connection;
  }

  static Connection of(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            BoundConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            new BoundConnection(connection));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    return switch (method.getName()) {
      case "close" -> null;
      case "commit", "setAutoCommit", "abort" -> throw refused(method);
      case "rollback" -> {
        if (arguments == null) {
          throw refused(method);
        }
        yield call(method, arguments);
      }
      case "equals" -> proxy == (arguments == null ? null : arguments[0]);
      case "hashCode" -> System.identityHashCode(proxy);
      default -> call(method, arguments);
    };
  }

  private @Nullable Object call(Method method, Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(connection, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private static SQLException refused(Method method) {
    return new SQLException(
        method.getName() + " is refused here: TenantDatabase.inTenant ends the transaction",
        "2D000");
  }
}
