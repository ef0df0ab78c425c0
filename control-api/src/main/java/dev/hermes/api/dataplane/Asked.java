package dev.hermes.api.dataplane;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;

/**
 * What a request is judged by.
 *
 * @param path without the query
 */
record Asked(HttpMethod method, String path, HttpHeaders headers) {

  /** A copy, for the request itself stays with its event loop. */
  static Asked of(HttpRequest request) {
    String uri = request.uri();
    int query = uri.indexOf('?');
    return new Asked(
        request.method(), query < 0 ? uri : uri.substring(0, query), request.headers().copy());
  }
}
