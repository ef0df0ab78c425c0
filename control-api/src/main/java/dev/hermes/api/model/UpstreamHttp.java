package dev.hermes.api.model;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.ssl.SSLContexts;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * HTTP/1.1 to upstream providers (decision 0033): a call is one virtual thread that blocks, on a
 * connection that was used before if one is idle. Nothing is tried again and no redirect followed;
 * the first is the route's business. Bounds on time are {@link Silence}'s, but for connecting.
 */
final class UpstreamHttp {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration IDLE = Duration.ofSeconds(30);

  /** How long a stream's end may come behind its last event, for its connection to be kept. */
  private static final Duration REST = Duration.ofSeconds(1);

  /** More than there are file descriptors: other walls bound how many turns there are. */
  private static final int MOST_CONNECTIONS = 1 << 16;

  private final PoolingHttpClientConnectionManager connections;
  private final CloseableHttpClient http;
  private final ScheduledExecutorService timer;

  UpstreamHttp(ScheduledExecutorService timer) {
    this(timer, SSLContexts.createSystemDefault());
  }

  /**
   * @param tls whom it trusts
   */
  UpstreamHttp(ScheduledExecutorService timer, SSLContext tls) {
    this.connections = connections(tls);
    this.http = client(connections);
    this.timer = timer;
  }

  /** Connections that wait for a call. */
  int idle() {
    return connections.getTotalStats().getAvailable();
  }

  /** Sends and returns once the headers are there. */
  UpstreamReply send(HttpPost request) throws IOException {
    return new UpstreamReply(http.executeOpen(null, request, null), request::cancel);
  }

  /** Ends the exchange when nothing was {@link Silence#heard heard} for this long. */
  Silence watch(HttpPost request, Duration silence) {
    return Silence.over(request::cancel, silence, timer);
  }

  /** Takes a stream over whose last event was read; what is left of it keeps nobody waiting. */
  void leave(UpstreamReply reply) {
    reply.leave();
    Thread.ofVirtual().name("upstream-rest").start(() -> finish(reply));
  }

  private void finish(UpstreamReply reply) {
    try (Silence _ = Silence.over(reply::end, REST, timer)) {
      reply.rest();
    } catch (IOException e) {
      reply.end();
    }
  }

  private static CloseableHttpClient client(PoolingHttpClientConnectionManager connections) {
    return HttpClients.custom()
        .setConnectionManager(connections)
        .setDefaultRequestConfig(
            RequestConfig.custom()
                // an upgrade to TLS would be offered in each request over plain HTTP
                .setProtocolUpgradeEnabled(false)
                .setConnectionKeepAlive(TimeValue.of(IDLE))
                .build())
        .setUserAgent("hermes")
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableAuthCaching()
        .disableCookieManagement()
        .disableContentCompression()
        .disableConnectionState()
        // a proxy, as the JVM's properties say
        .useSystemProperties()
        .evictIdleConnections(TimeValue.of(IDLE))
        .build();
  }

  private static PoolingHttpClientConnectionManager connections(SSLContext tls) {
    return PoolingHttpClientConnectionManagerBuilder.create()
        .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
        .setMaxConnPerRoute(MOST_CONNECTIONS)
        .setMaxConnTotal(MOST_CONNECTIONS)
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(CONNECT.toMillis(), TimeUnit.MILLISECONDS)
                // three minutes by default, and a model may think for longer
                .setSocketTimeout(Timeout.DISABLED)
                .build())
        .setConnectionFactory(
            ManagedHttpClientConnectionFactory.builder()
                .http1Config(
                    Http1Config.custom()
                        // a stream that waits holds two of them
                        .setBufferSize(2048)
                        .setMaxLineLength(1 << 16)
                        .setMaxHeaderCount(256)
                        .build())
                .build())
        .setTlsSocketStrategy(
            // the JDK checks names; the library would read a list of public suffixes for it
            new DefaultClientTlsStrategy(
                tls, HostnameVerificationPolicy.BUILTIN, NoopHostnameVerifier.INSTANCE))
        .build();
  }
}
