package dev.hermes.crds;

/**
 * Labels, annotations, finalizers, field managers and object names of the Kubernetes contract. Both
 * processes, the chart and the admission policies use these literals; a field manager is API,
 * renaming it orphans fields.
 */
public final class Names {
  public static final String GROUP = "hermes.dev";
  public static final String VERSION = "v1alpha1";
  public static final String CATEGORY = "hermes";

  /** Label on everything the operator makes: the tenant's id (UUID). */
  public static final String TENANT_ID = "hermes.dev/tenant-id";

  /** Label: name of the Tenant, for people; never used for decisions. */
  public static final String TENANT = "hermes.dev/tenant";

  /** Label on a sandbox pod: name of its SandboxPolicy. */
  public static final String POLICY = "hermes.dev/policy";

  /** Label on a sandbox pod: {@link #WARM} or {@link #CLAIMED}; only warm → claimed is admitted. */
  public static final String SANDBOX_STATE = "hermes.dev/sandbox-state";

  public static final String WARM = "warm";
  public static final String CLAIMED = "claimed";

  /**
   * Label on everything of the canaries, which prove that walls hold: on a pod what it looks at, on
   * the namespace and its walls {@code true}. Only the operator may create such pods, and no others
   * may be in that namespace.
   */
  public static final String CANARY = "hermes.dev/canary";

  /** Stands for a tenant's id on the canaries' namespace, so that the same walls select it. */
  public static final String CANARY_TENANT_ID = "00000000-0000-0000-0000-000000000000";

  /** Annotation on a claimed pod: the lease id. */
  public static final String SANDBOX_ID = "hermes.dev/sandbox-id";

  /**
   * Annotation on a claimed pod: what it may reach of what its policy allows, as {@link
   * dev.hermes.crds.egress.SandboxEgress} writes it; absent: all of that.
   */
  public static final String SANDBOX_EGRESS = "hermes.dev/sandbox-egress";

  /**
   * Annotation on a sandbox pod: hash of the policy it was made from; another hash means recycle.
   */
  public static final String POLICY_HASH = "hermes.dev/policy-hash";

  /** Label on children: UID of the custom resource they were made for. */
  public static final String OWNER_UID = "hermes.dev/owner-uid";

  /** Annotation on children: hash of the desired state last applied. */
  public static final String APPLIED_HASH = "hermes.dev/applied-hash";

  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  public static final String MANAGED_BY_OPERATOR = "hermes-operator";
  public static final String MANAGED_BY_CANARY = "hermes-canary";

  // Annotations of a tenant namespace; the admission policies read their bounds here (comma
  // separated lists).
  public static final String ALLOWED_IMAGES = "hermes.dev/allowed-images";
  public static final String ALLOWED_RUNTIMES = "hermes.dev/allowed-runtimes";
  public static final String ALLOWED_SCHEDULING = "hermes.dev/allowed-scheduling";
  public static final String MAX_CPU = "hermes.dev/max-cpu";
  public static final String MAX_MEMORY = "hermes.dev/max-memory";
  public static final String MAX_EPHEMERAL_STORAGE = "hermes.dev/max-ephemeral-storage";

  public static final String TENANT_FINALIZER = "hermes.dev/tenant";
  public static final String APIKEY_FINALIZER = "hermes.dev/apikey";

  public static final String TENANT_FIELD_MANAGER = "hermes-tenant";
  public static final String POLICY_FIELD_MANAGER = "hermes-sandboxpolicy";
  public static final String APIKEY_FIELD_MANAGER = "hermes-apikey";
  public static final String CANARY_FIELD_MANAGER = "hermes-canary";
  public static final String POOL_FIELD_MANAGER = "hermes-pool";
  public static final String API_FIELD_MANAGER = "hermes-api";

  /** Names of the objects in a tenant namespace. */
  public static final String SANDBOX_SERVICE_ACCOUNT = "hermes-sandbox";

  public static final String API_ROLE_BINDING = "hermes-api-sandboxes";
  public static final String DENY_ALL = "hermes-deny-all";
  public static final String ALLOW_API = "hermes-allow-api";

  /** The NetworkPolicy that opens the way to the egress proxy, where some policy has a way out. */
  public static final String ALLOW_EGRESS = "hermes-allow-egress";

  public static final String QUOTA = "hermes-sandboxes";
  public static final String LIMIT_RANGE = "hermes-sandboxes";

  /**
   * ClusterRoles of the chart that the operator binds, one in tenant namespaces, one where keys are
   * delivered.
   */
  public static final String SANDBOX_CLUSTER_ROLE = "hermes-api-sandboxes";

  public static final String KEY_CLUSTER_ROLE = "hermes-key-delivery";
  public static final String KEY_ROLE_BINDING = "hermes-key-delivery";

  public static final String SANDBOX_CONTAINER = "sandbox";
  public static final int DAEMON_PORT = 49983;

  /** Component label of the egress proxy's pods, and the port on which they serve sandboxes. */
  public static final String EGRESS_COMPONENT = "egress";

  public static final int EGRESS_PORT = 3128;

  /** Type of the Secrets that carry a key; an Import reads no other type. */
  public static final String KEY_SECRET_TYPE = "hermes.dev/api-key";

  public static final String KEY_SECRET_KEY = "HERMES_API_KEY";
  public static final String KEY_SECRET_ID = "HERMES_KEY_ID";
  public static final String KEY_SECRET_URL = "HERMES_URL";

  /** Type of the Secrets that carry a tenant's own login to the database. */
  public static final String LOGIN_SECRET_TYPE = "hermes.dev/tenant-login";

  /** Annotation on a key's Secret: id of the key that the one in it replaces. */
  public static final String KEY_REPLACES = "hermes.dev/replaces-key";

  /**
   * ConfigMap of the system namespace with which the platform says that a mass deletion was meant:
   * its entry {@link #ACKNOWLEDGED_UNTIL} is an RFC 3339 time that is not to come.
   */
  public static final String DELETIONS = "hermes-deletions";

  public static final String ACKNOWLEDGED_UNTIL = "acknowledgedUntil";

  /** Account, component label and container of the Jobs that migrate a database. */
  public static final String MIGRATE_SERVICE_ACCOUNT = "hermes-migrate";

  /** Annotation on a migration Job of the operator: what it was made from. */
  public static final String MIGRATION_OF = "hermes.dev/migration-of";

  private Names() {}

  /** The Secret with a tenant's own login to the database, in the namespace of logins. */
  public static String loginSecretOf(String tenantName, String tenantId) {
    return "hermes-db-" + tenantName + "-" + tenantId.substring(tenantId.length() - 8);
  }

  /**
   * Namespace of a tenant: its name and the last eight hex digits of its id. At most 40 + 16
   * characters.
   */
  public static String namespaceOf(String tenantName, String tenantId) {
    return "hermes-" + tenantName + "-" + tenantId.substring(tenantId.length() - 8);
  }

  /**
   * The Job that migrates the tenant's own database, in the system namespace. At most 63
   * characters, for its pods carry it as a label: 15 + 40 + 1 + 6.
   */
  public static String migrationOf(String tenantName, String tenantId) {
    return "hermes-migrate-" + tenantName + "-" + tenantId.substring(tenantId.length() - 6);
  }
}
