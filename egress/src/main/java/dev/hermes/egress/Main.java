package dev.hermes.egress;

import dev.hermes.egress.access.Access;
import dev.hermes.egress.access.Registry;
import dev.hermes.egress.access.TokenVerifier;
import dev.hermes.egress.address.AddressRules;
import dev.hermes.egress.address.DnsNames;
import dev.hermes.egress.address.PlatformNames;
import dev.hermes.egress.config.EgressConfig;
import dev.hermes.egress.health.EgressMetrics;
import dev.hermes.egress.health.ManagementServer;
import dev.hermes.egress.health.Readiness;
import dev.hermes.egress.proxy.CallbackTarget;
import dev.hermes.egress.proxy.Connections;
import dev.hermes.egress.proxy.Limits;
import dev.hermes.egress.proxy.ProxyServer;
import dev.hermes.egress.report.HttpReports;
import dev.hermes.egress.report.Journal;
import dev.hermes.egress.report.PodEvents;
import dev.hermes.egress.watch.ClusterWatch;
import dev.hermes.egress.watch.PublicKeyFile;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The egress proxy's process: settings, watches, listener. Wiring only. */
public final class Main {
  private static final Logger log = LoggerFactory.getLogger(Main.class);

  private Main() {}

  public static void main(String[] args) {
    try {
      start(EgressConfig.fromEnvironment());
    } catch (RuntimeException e) {
      log.error("the egress proxy does not start: {}", e.getMessage(), e);
      // threads of the client and of Netty must not keep a failed process alive
      System.exit(1);
    }
  }

  @SuppressWarnings("resource") // they live as long as the process
  private static void start(EgressConfig config) {
    Clock clock = Clock.systemUTC();
    EgressMetrics metrics = new EgressMetrics();
    metrics.watchJvm();
    Readiness readiness = new Readiness();
    new ManagementServer(config.managementPort(), readiness, metrics::scrape);

    PublicKeyFile keys = new PublicKeyFile(config.signingPublicFile());
    KubernetesClient kubernetes = new KubernetesClientBuilder().build();
    Journal journal =
        new Journal(
            metrics,
            config.report().map(report -> new HttpReports(report.url(), report.tokenFile())),
            config.podName(),
            Optional.of(new PodEvents(kubernetes, config.podName())),
            clock);
    Registry registry = new Registry();
    Access access =
        new Access(
            registry,
            new TokenVerifier(keys, clock),
            new Access.Callback(config.callbackName(), config.callbackPaths()));
    Limits limits =
        Limits.defaults().withMost(config.perSandbox(), config.perTenant(), config.total());
    Connections connections = new Connections(access, journal, limits);
    metrics.connections(connections::open);
    Upkeep upkeep = new Upkeep(connections, journal, keys);
    registry.onChange(upkeep::changed);
    ClusterWatch cluster = new ClusterWatch(kubernetes, registry);
    cluster.start();
    upkeep.start();

    int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(threads, NioIoHandler.newFactory());
    ProxyServer server =
        new ProxyServer(
            loops,
            new InetSocketAddress(config.port()),
            new ProxyServer.Parts(
                access,
                new DnsNames((EventLoop) loops.next()),
                new PlatformNames(),
                new AddressRules(config.denied(), config.privateDestinations()),
                journal,
                connections,
                limits,
                CallbackTarget.of(config.apiUrl())));
    readiness.readyWhen(cluster::isSynced);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> upkeep.stop(server)));
    log.info("the egress proxy listens on port {}", server.port());
  }
}
