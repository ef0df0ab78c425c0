package dev.hermes.operator.kube;

import dev.hermes.crds.Reason;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The one place that turns exceptions into a condition's reason and a message for people. */
public record Failure(Reason reason, String message) {
  private static final int MAX = 300;

  public static Failure of(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException) {
        return new Failure(
            Reason.DatabaseUnavailable, "PostgreSQL refused or did not answer; tried again");
      }
      if (cause instanceof KubernetesClientException e) {
        return new Failure(Reason.ApplyRefused, cut(message(e)));
      }
    }
    return new Failure(Reason.Failed, cut(thrown.getClass().getSimpleName()));
  }

  /** True when the API server says so about a namespace on its way out. */
  public static boolean isTerminating(KubernetesClientException e) {
    return e.getCode() == 403 && message(e).contains("being terminated");
  }

  private static String message(KubernetesClientException e) {
    @Nullable String status = e.getStatus() == null ? null : e.getStatus().getMessage();
    return status != null ? status : "the API server answered " + e.getCode();
  }

  private static String cut(String message) {
    return message.length() > MAX ? message.substring(0, MAX) : message;
  }
}
