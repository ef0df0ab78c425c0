package dev.hermes.api.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hermes.api.problem.ApiException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RequestBodyTest {

  @Test
  @DisplayName("SEC-1 a body that does not arrive in time is 408, and the connection is closed")
  void slowBody() {
    CompletableFuture<byte[]> never = new CompletableFuture<>();
    assertThatExceptionOfType(ApiException.class)
        .isThrownBy(() -> RequestBody.await(never, 0))
        .satisfies(it -> {
          assertThat(it.failure().status()).isEqualTo(408);
          assertThat(it.failure().headers()).containsEntry("Connection", "close");
        });
    assertThat(never).isCancelled();
  }

  @Test
  void anEmptyBodyIsNoBytes() throws InterruptedException {
    assertThat(RequestBody.await(CompletableFuture.completedFuture(null), 1)).isEmpty();
  }
}
