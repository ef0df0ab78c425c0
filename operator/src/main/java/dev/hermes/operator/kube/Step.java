package dev.hermes.operator.kube;

/** The points between two writes, at each of which the process may die and the next one goes on. */
public enum Step {
  TENANT_FINALIZER,
  TENANT_ROW,
  TENANT_NAMESPACE,
  TENANT_POLICIES,
  TENANT_POOL,
  TENANT_SELFTEST,
  TENANT_STATUS,
  TENANT_SUSPENDED,
  TENANT_KEYS_REVOKED,
  TENANT_DRAINED,
  TENANT_DELETION_ROW,
  TENANT_NAMESPACE_DELETED,
  KEY_FINALIZER,
  KEY_SECRET,
  KEY_ROW,
  KEY_STATUS,
  KEY_REVOKED,
  KEY_SECRET_DELETED
}
