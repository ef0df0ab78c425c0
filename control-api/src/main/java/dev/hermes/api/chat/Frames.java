package dev.hermes.api.chat;

import java.io.ByteArrayOutputStream;

/** Events that are collected. */
final class Frames implements EventSink {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Override
  public void send(byte[] frame) {
    bytes.writeBytes(frame);
  }

  @Override
  public void complete() {}

  @Override
  public boolean hasStarted() {
    return bytes.size() > 0;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
