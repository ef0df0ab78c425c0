package dev.hermes.operator.apikey;

import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.framework.armor.ArmoredEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;

/** An X25519 recipient of the age format, version 1 (C2SP age). */
final class AgeRecipient {
  private final RecipientStanzaWriter stanza;

  private AgeRecipient(RecipientStanzaWriter stanza) {
    this.stanza = stanza;
  }

  /** Empty when the text is no recipient; its Bech32 checksum finds a mistyped one. */
  static Optional<AgeRecipient> parse(String text) {
    try {
      return Optional.of(
          new AgeRecipient(X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(text)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** An armored age file; the same text never gives the same one twice. */
  String encrypt(String text) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (WritableByteChannel channel =
        new ArmoredEncryptingChannelFactory()
            .newEncryptingChannel(Channels.newChannel(file), List.of(stanza))) {
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("age: encryption failed", e);
    }
    return file.toString(StandardCharsets.US_ASCII);
  }
}
