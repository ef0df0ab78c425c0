package dev.hermes.api.metric;

import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names of tenants in figures: the first so many have their own, all others share one, for each
 * name is a dozen series. Who counts by tenant asks for the label; as a filter of the registry it
 * holds for who did not ask.
 */
@Singleton
public final class TenantLabel implements MeterFilter {
  public static final String TAG = "tenant_id";
  public static final String OTHER = "other";

  private final int most;
  private final Map<TenantId, String> labels = new ConcurrentHashMap<>();
  private final Map<String, String> names = new ConcurrentHashMap<>();

  public TenantLabel(@Value("${hermes.metrics-tenants:1000}") int most) {
    this.most = most;
  }

  /** For a label {@link #TAG}; costs one look into a map. */
  public String of(TenantId tenant) {
    String known = labels.get(tenant);
    if (known != null) {
      return known;
    }
    String label = bounded(tenant.toString());
    if (!label.equals(OTHER)) {
      labels.put(tenant, label);
    }
    return label;
  }

  @Override
  public Meter.Id map(Meter.Id id) {
    String name = id.getTag(TAG);
    // no tenant at all is a name of its own: requests without a key
    return name == null || name.isEmpty() || bounded(name).equals(name)
        ? id
        : id.replaceTags(
            id.getTags().stream()
                .map(tag -> tag.getKey().equals(TAG) ? Tag.of(TAG, OTHER) : tag)
                .toList());
  }

  private String bounded(String name) {
    if (name.equals(OTHER) || names.containsKey(name)) {
      return name;
    }
    synchronized (this) {
      return names.size() < most || names.containsKey(name) ? admitted(name) : OTHER;
    }
  }

  private String admitted(String name) {
    names.put(name, name);
    return name;
  }
}
