package dev.hermes.operator.notice;

import java.util.List;

/**
 * A mail of plain text.
 *
 * @param id unique for what it says: a second mail of the same id says the same
 */
public record Mail(List<String> to, String subject, String text, String id) {
  public Mail {
    to = List.copyOf(to);
  }
}
