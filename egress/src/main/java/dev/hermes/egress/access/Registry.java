package dev.hermes.egress.access;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

/** Sandboxes, tenants and policies as the watches last saw them; absent means refused. */
public final class Registry {
  private final Map<String, Sandbox> sandboxes = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Sandbox>> byIp = new ConcurrentHashMap<>();
  private final Map<String, TenantState> tenants = new ConcurrentHashMap<>();
  private final Map<String, PolicyState> policies = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Told after each change; must not block. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  public void put(Sandbox sandbox) {
    Sandbox before = sandboxes.put(sandbox.uid(), sandbox);
    if (before != null && !before.ip().equals(sandbox.ip())) {
      index(before.ip(), (uid, all) -> without(all, sandbox.uid()));
    }
    index(
        sandbox.ip(),
        (ip, all) -> {
          Map<String, Sandbox> now = all == null ? new ConcurrentHashMap<>() : all;
          now.put(sandbox.uid(), sandbox);
          return now;
        });
    if (!sandbox.equals(before)) {
      changed();
    }
  }

  public void removeSandbox(String uid) {
    Sandbox gone = sandboxes.remove(uid);
    if (gone != null) {
      index(gone.ip(), (ip, all) -> without(all, uid));
      changed();
    }
  }

  public void put(TenantState tenant) {
    if (!tenant.equals(tenants.put(tenant.name(), tenant))) {
      changed();
    }
  }

  public void removeTenant(String name) {
    if (tenants.remove(name) != null) {
      changed();
    }
  }

  public void put(PolicyState policy) {
    policies.put(policy.name(), policy);
    changed();
  }

  public void removePolicy(String name) {
    if (policies.remove(name) != null) {
      changed();
    }
  }

  Optional<Sandbox> sandbox(String uid) {
    return Optional.ofNullable(sandboxes.get(uid));
  }

  /** Addresses are given out again: the youngest pod has it. */
  Optional<Sandbox> at(String ip) {
    return byIp.getOrDefault(ip, Map.of()).values().stream()
        .max(Comparator.comparing(Sandbox::started).thenComparing(Sandbox::uid));
  }

  Optional<TenantState> tenant(String name) {
    return Optional.ofNullable(tenants.get(name));
  }

  Optional<PolicyState> policy(String name) {
    return Optional.ofNullable(policies.get(name));
  }

  @SuppressWarnings("NullAway") // compute knows an absent value as null
  private void index(
      String ip, BiFunction<String, Map<String, Sandbox>, Map<String, Sandbox>> change) {
    byIp.compute(ip, change);
  }

  @SuppressWarnings("NullAway") // and removes the key for it
  private static Map<String, Sandbox> without(Map<String, Sandbox> all, String uid) {
    if (all == null) {
      return null;
    }
    all.remove(uid);
    return all.isEmpty() ? null : all;
  }

  private void changed() {
    listeners.forEach(Runnable::run);
  }
}
