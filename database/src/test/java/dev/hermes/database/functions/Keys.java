package dev.hermes.database.functions;

import java.sql.Timestamp;
import java.util.Arrays;
import java.util.UUID;

/** Keys as the operator issues them. */
final class Keys {
  private static final String ISSUE =
      "select authn.issue(?, ?, ?, 1, ?, ?, ?, 'key:u', ?, 'cr', ?, 0)";

  private Keys() {}

  static boolean issue(Caller provisioner, UUID tenant, String kid, int digest) {
    return issue(provisioner, tenant, kid, digest, new String[] {"user"}, null);
  }

  static boolean issue(
      Caller provisioner, UUID tenant, String kid, int digest, String[] roles, Timestamp expires) {
    return (boolean)
        provisioner.value(
            ISSUE,
            tenant,
            kid,
            bytes(digest),
            "hx_live_" + kid,
            roles,
            new String[] {"read"},
            expires,
            "cr-" + tenant);
  }

  static byte[] bytes(int value) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
