package dev.hermes.database.migrate;

/** A change of the content tables, written for whichever schema has them. */
record ContentScript(int version, String text) {
  static final String PLACEHOLDER = "schema";

  String in(String schema) {
    return text.replace("${" + PLACEHOLDER + "}", schema);
  }
}
