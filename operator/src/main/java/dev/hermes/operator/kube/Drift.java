package dev.hermes.operator.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether a live object is still what was asked for. Exact where a foreign addition opens a hole
 * (one more egress rule, one more subject); labels and annotations of others are theirs.
 */
final class Drift {
  private static final Set<String> NOT_COMPARED =
      Set.of("apiVersion", "kind", "metadata", "status");
  private static final Pattern QUANTITY = Pattern.compile("[0-9]+(\\.[0-9]+)?[a-zA-Z]{0,2}");
  private static final KubernetesSerialization JSON = new KubernetesSerialization();

  private Drift() {}

  static boolean none(HasMetadata desired, HasMetadata live) {
    return contains(live.getMetadata().getLabels(), desired.getMetadata().getLabels())
        && contains(live.getMetadata().getAnnotations(), desired.getMetadata().getAnnotations())
        && (desired instanceof Namespace || sameBody(desired, live));
  }

  private static boolean sameBody(HasMetadata desired, HasMetadata live) {
    JsonNode want = JSON.convertValue(desired, JsonNode.class);
    JsonNode have = JSON.convertValue(live, JsonNode.class);
    Set<String> fields = new TreeSet<>();
    want.fieldNames().forEachRemaining(fields::add);
    // other controllers hang image pull secrets on every service account
    if (!(desired instanceof ServiceAccount)) {
      have.fieldNames().forEachRemaining(fields::add);
    }
    fields.removeAll(NOT_COMPARED);
    return fields.stream().allMatch(field -> same(want.get(field), have.get(field)));
  }

  private static boolean contains(
      @Nullable Map<String, String> live, @Nullable Map<String, String> desired) {
    return desired == null
        || desired.isEmpty()
        || live != null && live.entrySet().containsAll(desired.entrySet());
  }

  private static boolean same(@Nullable JsonNode want, @Nullable JsonNode have) {
    if (want == null || have == null || isEmpty(want) || isEmpty(have)) {
      return isEmpty(want) && isEmpty(have);
    }
    if (want.isObject() && have.isObject()) {
      Set<String> fields = new TreeSet<>();
      want.fieldNames().forEachRemaining(fields::add);
      have.fieldNames().forEachRemaining(fields::add);
      return fields.stream().allMatch(field -> same(want.get(field), have.get(field)));
    }
    if (want.isArray() && have.isArray()) {
      if (want.size() != have.size()) {
        return false;
      }
      for (int i = 0; i < want.size(); i++) {
        if (!sameItem(want.get(i), have.get(i))) {
          return false;
        }
      }
      return true;
    }
    return want.equals(have) || sameQuantity(want.asText(), have.asText());
  }

  /** An empty item is a rule that matches everything, and not nothing. */
  private static boolean sameItem(JsonNode want, JsonNode have) {
    return isEmpty(want) == isEmpty(have) && same(want, have);
  }

  private static boolean isEmpty(@Nullable JsonNode node) {
    return node == null || node.isNull() || node.isContainerNode() && node.isEmpty();
  }

  private static boolean sameQuantity(String want, String have) {
    return QUANTITY.matcher(want).matches()
        && QUANTITY.matcher(have).matches()
        && Quantity.parse(want)
                .getNumericalAmount()
                .compareTo(Quantity.parse(have).getNumericalAmount())
            == 0;
  }
}
