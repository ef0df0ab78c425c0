package dev.hermes.operator.faults;

/**
 * One write of the operator, named so that it is the same in every run.
 *
 * @param name verb and object, run and random parts taken out
 * @param occurrence the how many-th of that name since the phase began, from 1
 */
record WritePoint(String name, int occurrence) {
  private static final String SQL = "COMMIT ";

  static String sql(String function) {
    return SQL + function;
  }

  boolean isSql() {
    return name.startsWith(SQL);
  }

  @Override
  public String toString() {
    return occurrence == 1 ? name : name + " #" + occurrence;
  }
}
