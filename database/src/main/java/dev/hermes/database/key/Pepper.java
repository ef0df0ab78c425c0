package dev.hermes.database.key;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that key digests are made with, in all its versions: a stolen database alone verifies
 * no key. The operator makes digests with the newest version, the API matches with the one a digest
 * names. Kept and backed up apart from the database.
 */
public final class Pepper {
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,8}");
  private static final int LEAST_BYTES = 32;
  private static final String ALGORITHM = "HmacSHA256";

  private final SortedMap<Integer, SecretKeySpec> versions;

  private Pepper(SortedMap<Integer, SecretKeySpec> versions) {
    this.versions = Collections.unmodifiableSortedMap(versions);
  }

  /** Reads a folder of files named by version number, each holding base64 of at least 32 bytes. */
  public static Pepper load(Path folder) {
    SortedMap<Integer, SecretKeySpec> versions = new TreeMap<>();
    for (Path file : files(folder)) {
      String name = file.getFileName().toString();
      if (VERSION.matcher(name).matches()) {
        versions.put(Integer.valueOf(name), new SecretKeySpec(read(file), ALGORITHM));
      }
    }
    if (versions.isEmpty()) {
      throw new IllegalStateException(
          "no pepper in " + folder + ": expected files named by version number, such as 1");
    }
    return new Pepper(versions);
  }

  /** The digest under the newest version. */
  public Digest digest(byte[] innerHash) {
    int newest = versions.lastKey();
    return new Digest(newest, hmac(newest, innerHash));
  }

  /**
   * Whether a stored digest is this key's, in constant time; false when the pepper version is
   * unknown here.
   */
  public boolean matches(int version, byte[] digest, byte[] innerHash) {
    return versions.containsKey(version) && MessageDigest.isEqual(hmac(version, innerHash), digest);
  }

  @Override
  public String toString() {
    return "Pepper[versions=" + versions.keySet() + "]";
  }

  private byte[] hmac(int version, byte[] innerHash) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(versions.get(version));
      return mac.doFinal(innerHash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the pepper folder " + folder, e);
    }
  }

  private static byte[] read(Path file) {
    byte[] pepper;
    try {
      pepper = Base64.getDecoder().decode(Files.readString(file).strip());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the pepper " + file, e);
    } catch (IllegalArgumentException e) {
      // The decoder's message quotes what it read.
      throw new IllegalStateException("the pepper " + file + " is not base64");
    }
    if (pepper.length < LEAST_BYTES) {
      throw new IllegalStateException(
          "the pepper " + file + " is shorter than " + LEAST_BYTES + " bytes");
    }
    return pepper;
  }
}
