package dev.hermes.egress.watch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The API's public keys: one or more {@code PUBLIC KEY} blocks, read again when they change. */
public final class PublicKeyFile implements Supplier<List<PublicKey>> {
  private static final Logger log = LoggerFactory.getLogger(PublicKeyFile.class);
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----");

  private final Path file;
  private volatile String text;
  private volatile List<PublicKey> keys;

  /** Throws when there is no key: a proxy without one would refuse everybody. */
  public PublicKeyFile(Path file) {
    this.file = file;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the signing keys of " + file, e);
    }
    keys = parse(text);
  }

  @Override
  public List<PublicKey> get() {
    return keys;
  }

  /** Called now and then; a file that cannot be read leaves the keys as they are. */
  public void look() {
    try {
      String now = Files.readString(file);
      if (!now.equals(text)) {
        keys = parse(now);
        text = now;
        log.info("{} signing keys", keys.size());
      }
    } catch (IOException | IllegalArgumentException e) {
      log.error("the signing keys of {} stay as they are: {}", file, e.getMessage());
    }
  }

  static List<PublicKey> parse(String pem) {
    List<PublicKey> keys = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(pem);
    while (matcher.find()) {
      try {
        keys.add(
            KeyFactory.getInstance("Ed25519")
                .generatePublic(
                    new X509EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)))));
      } catch (GeneralSecurityException e) {
        throw new IllegalArgumentException("a PUBLIC KEY block is not an Ed25519 key", e);
      }
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("no PUBLIC KEY block in the PEM file");
    }
    return List.copyOf(keys);
  }
}
