package dev.hermes.egress.address;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.HostsFileEntriesResolver;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Asks the name servers of resolv.conf, without its search list and without the hosts file: a name
 * is what the policy says, not what it becomes in this namespace.
 */
public final class DnsNames implements Names, AutoCloseable {
  private static final int LONGEST_CACHED_SECONDS = 30;
  private static final int NEGATIVE_SECONDS = 2;
  private static final long QUERY_MILLIS = 3_000;

  private final DnsNameResolver resolver;

  public DnsNames(EventLoop loop) {
    this(loop, DnsServerAddressStreamProviders.platformDefault());
  }

  DnsNames(EventLoop loop, DnsServerAddressStreamProvider servers) {
    this.resolver =
        new DnsNameResolverBuilder(loop)
            .datagramChannelType(NioDatagramChannel.class)
            .socketChannelType(NioSocketChannel.class)
            .resolvedAddressTypes(ResolvedAddressTypes.IPV4_PREFERRED)
            .nameServerProvider(servers)
            .searchDomains(List.of())
            .hostsFileEntriesResolver(noHosts())
            .queryTimeoutMillis(QUERY_MILLIS)
            .maxQueriesPerResolve(8)
            .ttl(0, LONGEST_CACHED_SECONDS)
            .negativeTtl(NEGATIVE_SECONDS)
            .build();
  }

  @Override
  public CompletionStage<List<InetAddress>> resolve(String name) {
    CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
    resolver
        .resolveAll(name)
        .addListener((Future<List<InetAddress>> done) -> {
          if (done.isSuccess()) {
            answer.complete(done.getNow());
          } else {
            answer.completeExceptionally(done.cause());
          }
        });
    return answer;
  }

  @Override
  public void close() {
    resolver.close();
  }

  @SuppressWarnings("NullAway") // null is how this interface says that there is no such entry
  private static HostsFileEntriesResolver noHosts() {
    return (name, types) -> null;
  }
}
