package dev.hermes.api.model;

import java.util.function.Consumer;

/** Passes an answer's text on, and knows whether there was any: then no other answer may follow. */
public final class Told implements Consumer<String> {
  private final Consumer<String> text;
  private boolean any;

  public Told(Consumer<String> text) {
    this.text = text;
  }

  @Override
  public void accept(String piece) {
    any = true;
    text.accept(piece);
  }

  public boolean any() {
    return any;
  }
}
