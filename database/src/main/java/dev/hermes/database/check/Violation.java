package dev.hermes.database.check;

/**
 * One thing in the database that is not as it must be.
 *
 * @param rule the rule's name, stable: alerts and tests refer to it
 * @param object the table, function, role or setting at fault
 */
public record Violation(String rule, String object, String detail) {
  @Override
  public String toString() {
    return rule + ": " + object + ": " + detail;
  }
}
