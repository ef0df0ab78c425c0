package dev.hermes.api.body;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpRequestWrapper;
import io.micronaut.http.server.netty.NettyHttpRequest;

/** The server's own request, which filters may have wrapped. */
public final class ServerRequest {
  private ServerRequest() {}

  public static NettyHttpRequest<?> of(HttpRequest<?> request) {
    HttpRequest<?> inner = request;
    while (inner instanceof HttpRequestWrapper<?> wrapper) {
      inner = wrapper.getDelegate();
    }
    if (inner instanceof NettyHttpRequest<?> netty) {
      return netty;
    }
    throw new IllegalStateException("this server is Netty's");
  }
}
