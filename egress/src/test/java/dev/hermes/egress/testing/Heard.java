package dev.hermes.egress.testing;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.destination.Destination;
import dev.hermes.egress.report.Observer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** What the proxy told. */
public final class Heard implements Observer {
  public final List<EgressReason> denied = new CopyOnWriteArrayList<>();
  public final List<String> deniedPods = new CopyOnWriteArrayList<>();
  public final List<Destination> failed = new CopyOnWriteArrayList<>();
  public final AtomicLong sent = new AtomicLong();
  public final AtomicLong received = new AtomicLong();

  @Override
  public void denied(
      String ip, Optional<Sandbox> sandbox, Optional<Destination> destination, Refusal refusal) {
    denied.add(refusal.reason());
    deniedPods.add(sandbox.map(Sandbox::uid).orElse("nobody"));
  }

  @Override
  public void failed(Sandbox sandbox, Destination destination, String why) {
    failed.add(destination);
  }

  @Override
  public void sent(Sandbox sandbox, long bytes) {
    sent.addAndGet(bytes);
  }

  @Override
  public void received(Sandbox sandbox, long bytes) {
    received.addAndGet(bytes);
  }
}
