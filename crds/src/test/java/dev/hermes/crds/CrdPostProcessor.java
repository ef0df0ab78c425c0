package dev.hermes.crds;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the generator's annotations cannot say: list types, defaults of whole objects, and rules on
 * the root.
 */
final class CrdPostProcessor implements CRDPostProcessor {
  private static final Map<String, List<ValidationRule>> ROOT_RULES =
      Map.of(
          "Tenant",
          List.of(
              rule(
                  "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
                  "a Tenant's name starts with a lower-case letter, holds only a-z, 0-9 and -, ends with a letter or digit,"
                      + " and is at most 40 characters long")),
          "SandboxPolicy",
          List.of(
              rule(
                  "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
                  "a SandboxPolicy's name starts with a lower-case letter, holds only a-z, 0-9 and -, ends with a letter or"
                      + " digit, and is at most 40 characters long")));

  private static final Map<String, List<ValidationRule>> SPEC_RULES =
      Map.of(
          "Tenant",
          List.of(
              rule(
                  "self.database.isolation == oldSelf.database.isolation",
                  "database.isolation cannot be changed; make a new Tenant and move the data"),
              rule(
                  "!has(self.models.default) || '*' in self.models.allow || self.models.default in self.models.allow",
                  "models.default is not in models.allow; add it there or choose another default")),
          "SandboxPolicy",
          List.of(
              rule(
                  "self.pool.warm <= self.pool.max",
                  "pool.warm is larger than pool.max; lower warm or raise max"),
              rule(
                  "self.limits.execTimeoutSeconds <= self.limits.maxLifetimeSeconds",
                  "limits.execTimeoutSeconds is longer than limits.maxLifetimeSeconds; a sandbox must outlive its calls")),
          "APIKey",
          List.of(
              rule(
                  "self.tenantRef.name == oldSelf.tenantRef.name",
                  "tenantRef cannot be changed; make another APIKey for the other tenant"),
              rule(
                  "self.delivery == oldSelf.delivery",
                  "delivery cannot be changed; make another APIKey and delete this one")));

  private static ValidationRule rule(String cel, String message) {
    return new ValidationRuleBuilder().withRule(cel).withMessage(message).build();
  }

  @Override
  public HasMetadata process(HasMetadata resource, String version) {
    var crd = (CustomResourceDefinition) resource;
    var kind = crd.getSpec().getNames().getKind();
    crd.getSpec().getNames().setCategories(List.of(Names.CATEGORY));
    crd.getSpec()
        .getVersions()
        .getFirst()
        .getAdditionalPrinterColumns()
        .sort(Comparator.comparingInt(c -> order(c.getName())));
    var root = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    root.setDescription(description(kind));
    root.setRequired(List.of("spec"));
    addRules(root, ROOT_RULES.getOrDefault(kind, List.of()));
    var spec = root.getProperties().get("spec");
    spec.setDescription("What is asked for.");
    addRules(spec, SPEC_RULES.getOrDefault(kind, List.of()));
    spec.getProperties().values().forEach(CrdPostProcessor::defaultWholeObject);
    boundLists(spec);
    if ("Tenant".equals(kind)) {
      var namespaces = spec.getProperties().get("apiKeys").getProperties().get("namespaces");
      namespaces.setXKubernetesListType("map");
      namespaces.setXKubernetesListMapKeys(List.of("name"));
      spec.getProperties()
          .get("sandbox")
          .getProperties()
          .get("policies")
          .setXKubernetesListType("set");
    }
    var status = root.getProperties().get("status");
    status.setDescription("What the operator found and made.");
    status.setDefault(JsonNodeFactory.instance.objectNode().put("observedGeneration", -1));
    conditionsAreAMap(status.getProperties().get("conditions"));
    return crd;
  }

  /** The order in which a person reads a row: is it ready, why not, what is it, how old. */
  private static int order(String column) {
    var known =
        List.of(
            "Ready",
            "Reason",
            "Tenant",
            "Runtime",
            "Isolation",
            "Keys",
            "Prefix",
            "Tenants",
            "Warm",
            "Claimed",
            "Expires",
            "Namespace",
            "Age");
    if (!known.contains(column)) {
      throw new IllegalStateException("printer column " + column + " has no place in the order");
    }
    return known.indexOf(column);
  }

  private static String description(String kind) {
    return switch (kind) {
      case "Tenant" ->
          "A customer of the platform: who may have keys, which models, tools and sandboxes, and how much.";
      case "SandboxPolicy" ->
          "What a gVisor sandbox may be and do; shared by the tenants that list it.";
      default -> "A key of a tenant, delivered as a Secret beside the app that uses it.";
    };
  }

  private static void addRules(JSONSchemaProps props, List<ValidationRule> rules) {
    var all = new ArrayList<ValidationRule>();
    if (props.getXKubernetesValidations() != null) {
      all.addAll(props.getXKubernetesValidations());
    }
    all.addAll(rules);
    if (!all.isEmpty()) {
      props.setXKubernetesValidations(all);
    }
  }

  /** An omitted object must still get its members' defaults, or CEL and people would meet holes. */
  private static void defaultWholeObject(JSONSchemaProps props) {
    if ("object".equals(props.getType())
        && props.getProperties() != null
        && (props.getRequired() == null || props.getRequired().isEmpty())) {
      props.setDefault(JsonNodeFactory.instance.objectNode());
    }
  }

  /**
   * CEL's cost estimate needs a bound on every string in a list; policies and namespaces default to
   * none.
   */
  private static void boundLists(JSONSchemaProps props) {
    if (props.getItems() != null && props.getItems().getSchema() != null) {
      var item = props.getItems().getSchema();
      if ("string".equals(item.getType())
          && (item.getEnum() == null || item.getEnum().isEmpty())
          && item.getMaxLength() == null) {
        item.setMaxLength(253L);
      }
      if (props.getDefault() == null && props.getMinItems() == null) {
        props.setDefault(JsonNodeFactory.instance.arrayNode());
      }
      boundLists(item);
    }
    if (props.getProperties() != null) {
      props.getProperties().values().forEach(CrdPostProcessor::boundLists);
    }
  }

  private static void conditionsAreAMap(JSONSchemaProps conditions) {
    conditions.setXKubernetesListType("map");
    conditions.setXKubernetesListMapKeys(List.of("type"));
    conditions.setMaxItems(20L);
    var item = conditions.getItems().getSchema();
    item.setRequired(List.of("type", "status", "reason", "lastTransitionTime"));
    var described = new LinkedHashMap<String, String>();
    described.put("type", "Type of the condition.");
    described.put("status", "True, False or Unknown.");
    described.put("reason", "One word of a closed list.");
    described.put("message", "What it means and what to do next.");
    described.put("lastTransitionTime", "When the status last changed, RFC 3339.");
    described.put("observedGeneration", "Generation of the spec that this condition speaks of.");
    described.forEach((name, text) -> item.getProperties().get(name).setDescription(text));
    item.setDescription("A condition (KEP-1623).");
  }
}
