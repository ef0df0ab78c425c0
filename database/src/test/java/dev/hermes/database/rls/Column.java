package dev.hermes.database.rls;

import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A column of a tenant table, and a value for it made from its type alone.
 *
 * @param allowed the text of the checks that name the column
 * @param key whether it is part of a foreign key, so that its value must be an existing row's
 */
public record Column(String name, String type, String allowed, boolean key) {
  private static final Pattern FIRST_LITERAL = Pattern.compile("'([A-Za-z]+)'::text");

  /** An SQL literal; rows of one tenant with different numbers differ in every key. */
  String literal(UUID tenant, int number) {
    if (name.equals("tenant_id")) {
      return "'" + tenant + "'";
    }
    return switch (type) {
      case "text" -> "'" + text(tenant, number) + "'";
      case "uuid" -> "'" + UUID.nameUUIDFromBytes((tenant + name + number).getBytes()) + "'";
      case "integer", "bigint" -> "1";
      case "boolean" -> "false";
      case "jsonb" -> "'{}'";
      case "bytea" -> "decode(repeat('00', 32), 'hex')";
      case "text[]" -> "array['a']";
      case "timestamp with time zone" -> "date_trunc('month', now()) + interval '1 day'";
      default -> throw new IllegalStateException("no value for " + name + " of type " + type);
    };
  }

  private String text(UUID tenant, int number) {
    Matcher literal = FIRST_LITERAL.matcher(allowed);
    if (literal.find()) {
      return literal.group(1);
    }
    // Twelve characters that every pattern of ours allows, such as those of kid and session_id.
    return tenant.toString().substring(0, 8) + String.format("%04d", key ? 0 : number);
  }
}
