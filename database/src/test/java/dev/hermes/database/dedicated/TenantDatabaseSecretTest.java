package dev.hermes.database.dedicated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TenantDatabaseSecretTest {
  private static final String URL =
      "jdbc:postgresql://db.acme.example:5432/acme?sslmode=verify-full";

  private static Map<String, String> data(String url) {
    return new HashMap<>(
        Map.of("url", url, "app", "s3cret-a", "provisioner", "s3cret-p", "probe", "s3cret-q"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        URL,
        "jdbc:postgresql://a:5432,b:5433/acme?sslmode=verify-full&targetServerType=primary",
        "jdbc:postgresql://[::1]:5432/acme?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
      })
  void accepted(String url) {
    TenantDatabaseSecret secret =
        TenantDatabaseSecret.of(TenantDatabaseSecret.TYPE, data(url), false);
    assertThat(secret.url()).isEqualTo(url);
    assertThat(secret.toString()).doesNotContain("s3cret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jdbc:mysql://h/acme | must look like",
        "jdbc:postgresql://h:5432/ | must look like",
        "jdbc:postgresql:acme | must look like",
        "jdbc:postgresql://h/acme | sslmode=verify-full",
        "jdbc:postgresql://h/acme?sslmode=require | sslmode=verify-full",
        "jdbc:postgresql://h/acme?sslmode=verify-full&sslmode=disable | twice",
        "jdbc:postgresql://h/acme?sslmode=verify-full&password=s3cret-x | no others",
        "jdbc:postgresql://h/acme?sslmode=verify-full&socketFactory=com.example.Evil | no others",
        "jdbc:postgresql://h/acme?sslmode=verify-full&sslfactory=com.example.Evil | can only be",
      })
  @DisplayName(
      "a URL that is not one, not verified, or chooses classes is refused without its text")
  void refused(String url, String words) {
    assertThatThrownBy(() -> TenantDatabaseSecret.of(TenantDatabaseSecret.TYPE, data(url), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void plaintextOnlyWhereAllowed() {
    String url = "jdbc:postgresql://127.0.0.1:5432/acme?sslmode=disable";
    assertThat(TenantDatabaseSecret.of(TenantDatabaseSecret.TYPE, data(url), true).url())
        .isEqualTo(url);
  }

  @ParameterizedTest
  @ValueSource(strings = {"url", "app", "provisioner", "probe"})
  void missingKey(String key) {
    for (String value : new String[] {null, " \n"}) {
      Map<String, String> data = data(URL);
      data.put(key, value);
      assertThatThrownBy(() -> TenantDatabaseSecret.of(TenantDatabaseSecret.TYPE, data, false))
          .hasMessageContaining("its key " + key + " is missing");
    }
  }

  @Test
  @DisplayName("no other kind of Secret is read, whatever it holds")
  void otherType() {
    for (String type : new String[] {null, "Opaque", TenantDatabaseSecret.MIGRATOR_TYPE}) {
      assertThatThrownBy(() -> TenantDatabaseSecret.of(type, data(URL), false))
          .hasMessageContaining("hermes.dev/tenant-database");
    }
  }
}
