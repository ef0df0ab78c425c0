package dev.hermes.egress.proxy;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Access;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.access.Verdict;
import dev.hermes.egress.http.ProxyRequest;
import dev.hermes.egress.report.Observer;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** From a request to an open connection, or a refusal: who, where to, look-up, connection. */
final class Openings {
  private static final Duration AGAIN = Duration.ofMillis(50);

  private final Access access;
  private final Connections connections;
  private final Dialer dialer;
  private final Observer observer;
  private final Limits limits;
  private final CallbackTarget callback;

  Openings(
      Access access,
      Connections connections,
      Dialer dialer,
      Observer observer,
      Limits limits,
      CallbackTarget callback) {
    this.access = access;
    this.connections = connections;
    this.dialer = dialer;
    this.observer = observer;
    this.limits = limits;
    this.callback = callback;
  }

  Connections connections() {
    return connections;
  }

  Limits limits() {
    return limits;
  }

  void refuse(Session session, Refusal refusal) {
    observer.denied(session.ip(), session.sandbox(), session.destination(), refusal);
    Replies.refuse(session.client(), refusal);
  }

  /**
   * @param early bytes that came behind the request's head
   */
  void open(Session session, ProxyRequest request, byte[] early) {
    identify(session, request, limits.lag(), sandbox -> admit(session, request, early, sandbox));
  }

  private void identify(
      Session session, ProxyRequest request, Duration patience, Consumer<Sandbox> then) {
    switch (access.identify(session.ip(), request.authorization())) {
      case Verdict.Known known -> then.accept(known.sandbox());
      case Verdict.Refused refused when refused.maybeSoon() && patience.isPositive() ->
          session
              .client()
              .eventLoop()
              .schedule(
                  () -> {
                    if (session.client().isOpen()) {
                      identify(session, request, patience.minus(AGAIN), then);
                    }
                  },
                  AGAIN.toMillis(),
                  TimeUnit.MILLISECONDS);
      case Verdict.Refused refused -> {
        observer.denied(
            session.ip(), refused.here(), Optional.of(request.destination()), refused.refusal());
        Replies.refuse(session.client(), refused.refusal());
      }
    }
  }

  private void admit(Session session, ProxyRequest request, byte[] early, Sandbox sandbox) {
    session.isFor(new Session.Purpose(sandbox, request.destination()));
    Optional<Refusal> refusal = access.refuses(sandbox, request.destination());
    boolean isCallback = access.isCallback(request.destination());
    if (refusal.isEmpty() && isCallback) {
      refusal =
          request instanceof ProxyRequest.Forward forward
              ? access.refusesPath(forward.path())
              : Optional.of(
                  Refusal.forbidden(
                      EgressReason.CallbackPathNotAllowed,
                      "the platform is called with plain http://, not through CONNECT"));
    }
    if (refusal.isPresent()) {
      refuse(session, refusal.get());
      return;
    }
    Consumer<Dialer.Outcome> connected =
        outcome -> connected(session, request, early, outcome, isCallback);
    if (isCallback) {
      dialer.dialTrusted(session.client().eventLoop(), callback.host(), callback.port(), connected);
    } else {
      dialer.dial(session.client().eventLoop(), request.destination(), connected);
    }
  }

  private void connected(
      Session session,
      ProxyRequest request,
      byte[] early,
      Dialer.Outcome outcome,
      boolean isCallback) {
    switch (outcome) {
      case Dialer.Outcome.Refused refused -> refuse(session, refused.refusal());
      case Dialer.Outcome.Failed failed -> {
        session
            .sandbox()
            .ifPresent(sandbox -> observer.failed(sandbox, request.destination(), failed.why()));
        Replies.failed(session.client(), request.destination() + ": " + failed.why());
      }
      case Dialer.Outcome.Connected connected -> {
        if (!session.client().isOpen()) {
          connected.upstream().close();
          return;
        }
        Link link = new Link(session, connected.upstream(), observer, !isCallback);
        switch (request) {
          case ProxyRequest.Connect tunnel -> tunnel(link, tunnel, early);
          case ProxyRequest.Forward forward -> forward(link, forward, early, isCallback);
        }
      }
    }
  }

  private void tunnel(Link link, ProxyRequest.Connect tunnel, byte[] early) {
    HelloGate gate = new HelloGate(link, tunnel.destination(), observer, limits.head(), early);
    Channel client = link.client();
    client.pipeline().addLast(gate);
    client
        .writeAndFlush(Replies.established())
        .addListener(sent -> {
          if (sent.isSuccess()) {
            gate.start(client.pipeline().context(gate));
          } else {
            link.close();
          }
        });
  }

  private void forward(Link link, ProxyRequest.Forward forward, byte[] early, boolean isCallback) {
    Channel client = link.client();
    if (isCallback) {
      client.pipeline().replace(Idle.class, "idle", new Idle(limits.callbackIdle()));
    }
    RequestBody body = new RequestBody(link, observer, forward.framing(), early);
    client.pipeline().addLast(body);
    link.upstream().pipeline().addLast(new Answer(link, forward.method()));
    String head =
        (isCallback ? callback.rewrite(forward.forwarded()) : forward.forwarded()).toString();
    link.toUpstream(Replies.ascii(head))
        .addListener(sent -> {
          if (sent.isSuccess()) {
            link.upstream().read();
            body.start(client.pipeline().context(body));
          }
        });
  }
}
