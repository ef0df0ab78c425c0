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
  /** What HTML calls a valid e-mail address, with a dot in the domain; no comment, no quoting. */
  private static final String MAIL_ADDRESS =
      "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
          + "(\\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)+$";

  private static final Map<String, List<ValidationRule>> ROOT_RULES =
      Map.of(
          "Tenant",
          List.of(
              rule(
                  "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
                  "a Tenant's name starts with a lower-case letter, holds only a-z, 0-9 and -, ends with a letter or digit,"
                      + " and is at most 40 characters long"),
              rule(
                  "has(oldSelf.spec.adopt) ? has(self.spec.adopt) && self.spec.adopt == oldSelf.spec.adopt"
                      + " : !has(self.spec.adopt) || !has(oldSelf.status) || !has(oldSelf.status.tenantId)"
                      + " || oldSelf.status.tenantId == self.spec.adopt.tenantId",
                  "adopt cannot be changed, and cannot be set on a Tenant that has data of its own (status.tenantId);"
                      + " make a new Tenant with it")),
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
                  "(self.database.isolation == 'Dedicated') == has(self.database.secretRef)",
                  "database.secretRef goes with database.isolation: Dedicated and with no other; add it, or remove it"),
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
                  "self.delivery.mode == oldSelf.delivery.mode",
                  "delivery.mode cannot be changed; make another APIKey and delete this one"),
              unchanged("secretName"),
              unchanged("ageRecipient"),
              rule(
                  "self.delivery.mode in ['Secret', 'Import'] || !has(self.delivery.secretName)",
                  "delivery.secretName belongs to the modes Secret and Import; remove it"),
              rule(
                  "self.delivery.mode != 'Import' || has(self.delivery.secretName)",
                  "mode Import needs delivery.secretName, the Secret (type hermes.dev/api-key) that holds your key"),
              rule(
                  "self.delivery.mode == 'HashOnly' || !(has(self.delivery.keyId) || has(self.delivery.keyDigest))",
                  "delivery.keyId and delivery.keyDigest belong to the mode HashOnly; remove them"),
              rule(
                  "self.delivery.mode != 'HashOnly' || (has(self.delivery.keyId) && has(self.delivery.keyDigest))",
                  "mode HashOnly needs delivery.keyId (12 characters behind hx_live_) and delivery.keyDigest (hex SHA-256"
                      + " of the key)"),
              rule(
                  "self.delivery.mode != 'HashOnly' || oldSelf.delivery.mode != 'HashOnly'"
                      + " || (self.delivery.keyId == oldSelf.delivery.keyId)"
                      + " == (self.delivery.keyDigest == oldSelf.delivery.keyDigest)",
                  "change delivery.keyId and delivery.keyDigest together: another key has another id and another hash"),
              rule(
                  "(self.delivery.mode == 'Encrypted') == has(self.delivery.ageRecipient)",
                  "delivery.ageRecipient (age1…, made by age-keygen) is needed by the mode Encrypted and belongs to no"
                      + " other"),
              rule(
                  "!has(self.rotation.everyDays) || self.rotation.everyDays <= self.expiresAfterDays",
                  "rotation.everyDays is longer than expiresAfterDays; the key would expire before its rotation"),
              rule(
                  "!has(self.rotation.everyDays) || self.rotation.noticeDays < self.rotation.everyDays",
                  "rotation.noticeDays must be less than rotation.everyDays; lower noticeDays (0: no notice)"),
              rule(
                  "!has(self.rotation.everyDays) || self.rotation.overlapHours < self.rotation.everyDays * 24",
                  "rotation.overlapHours must be shorter than rotation.everyDays; one old key overlaps at most"),
              rule(
                  "self.delivery.mode != 'HashOnly' || !has(self.rotation.requestedAt)",
                  "a HashOnly key is rotated by another delivery.keyId and delivery.keyDigest; remove"
                      + " rotation.requestedAt")));

  private static ValidationRule rule(String cel, String message) {
    return new ValidationRuleBuilder().withRule(cel).withMessage(message).build();
  }

  private static ValidationRule unchanged(String field) {
    var now = "self.delivery." + field;
    var before = "oldSelf.delivery." + field;
    return rule(
        "has(%s) == has(%s) && (!has(%s) || %s == %s)".formatted(now, before, now, now, before),
        "delivery." + field + " cannot be changed; make another APIKey and delete this one");
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
      var holds = spec.getProperties().get("legalHold");
      holds.setXKubernetesListType("map");
      holds.setXKubernetesListMapKeys(List.of("id"));
      mcpServers(spec.getProperties().get("mcpServers"));
      spec.getProperties()
          .get("sandbox")
          .getProperties()
          .get("policies")
          .setXKubernetesListType("set");
    }
    if ("SandboxPolicy".equals(kind)) {
      egress(spec.getProperties().get("network").getProperties().get("egress"));
    }
    if ("APIKey".equals(kind)) {
      rotation(spec.getProperties().get("rotation").getProperties());
    }
    var status = root.getProperties().get("status");
    status.setDescription("What the operator found and made.");
    status.setDefault(JsonNodeFactory.instance.objectNode().put("observedGeneration", -1));
    conditionsAreAMap(status.getProperties().get("conditions"));
    return crd;
  }

  /**
   * One rule for each mistake, so that each has a message of its own; the proxy reads the same
   * grammar and ignores what does not fit.
   */
  private static void egress(JSONSchemaProps destinations) {
    destinations.setXKubernetesListType("set");
    var item = destinations.getItems().getSchema();
    item.setMaxLength(261L);
    addRules(
        item,
        List.of(
            rule(
                "self.matches(':([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$')"
                    + " && !self.contains('/')",
                "write host:port with a port of 1 to 65535, such as pypi.example.com:443; no scheme and no path"),
            rule("!self.matches('[A-Z]')", "write the name in lower case"),
            rule(
                "!self.contains('*') || self.matches('^[*][.][^*.]+[.][^*]+$')",
                "* stands only for the labels in front of a suffix of two or more, such as *.example.com:443"),
            rule(
                "!self.matches('(^|[.])([0-9]+|0x[0-9a-f]*)(:[0-9]*)?$') && !self.matches('^[^:]*:[^:]*:')",
                "write a name, not an address: the egress proxy refuses addresses"),
            rule(
                "self.matches('^([*][.])?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?[.])+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:[0-9]+$')",
                "write the full name, with at least one dot, of labels of a-z, 0-9 and - (an international name as xn--…)")));
  }

  /** The API refuses the same once more, and what the names lead to. */
  private static void mcpServers(JSONSchemaProps servers) {
    servers.setXKubernetesListType("map");
    servers.setXKubernetesListMapKeys(List.of("name"));
    var item = servers.getItems().getSchema();
    addRules(
        item,
        List.of(
            rule(
                "has(self.url) != has(self.command)",
                "a server has either a url or a command; give one of them, and not both"),
            rule(
                "!has(self.credential) || has(self.url)",
                "credential goes with url: a command is given no secrets; remove it"),
            rule(
                "!has(self.env) || has(self.command)",
                "env goes with command: a server with a url has no environment; remove it")));
    var members = item.getProperties();
    var command = members.get("command").getItems().getSchema();
    command.setMinLength(1L);
    command.setMaxLength(16384L);
    var env = members.get("env");
    env.setXKubernetesListType("map");
    env.setXKubernetesListMapKeys(List.of("name"));
    var tools = members.get("tools");
    tools.setXKubernetesListType("set");
    tools.getItems().getSchema().setMaxLength(128L);
    addRules(
        members.get("url"),
        List.of(
            rule(
                "self.matches('^https?://')",
                "write an https URL, such as https://mcp.example.com/mcp"),
            rule(
                "!self.matches('^http://') || self.matches('^http://[^/?#]+[.]svc([.]cluster[.]local)?(:[0-9]+)?([/?].*)?$')",
                "http is for Services of the cluster (a host that ends in .svc or .svc.cluster.local); write https"),
            rule(
                "!self.matches('^https?://[^/?#]*@') && !self.contains('#')",
                "leave user, password and fragment out of the URL; a token goes to credential"),
            rule(
                "!self.matches('^https?://') || self.matches('^https?://[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?([/?#][^ ]*)?$')",
                "write a host by its name, without spaces: https://host[:port]/path")));
  }

  private static void rotation(Map<String, JSONSchemaProps> properties) {
    properties.get("requestedAt").setFormat("date-time");
    var addresses = properties.get("notify");
    addresses.setXKubernetesListType("set");
    addresses.getItems().getSchema().setMaxLength(254L);
    addresses.getItems().getSchema().setPattern(MAIL_ADDRESS);
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
            "Suspended",
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
