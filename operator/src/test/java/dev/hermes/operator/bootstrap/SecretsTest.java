package dev.hermes.operator.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.key.Pepper;
import dev.hermes.sandbox.daemon.PublicKeys;
import dev.hermes.sandbox.daemon.TokenSigner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
  private final BootstrapSecrets secrets =
      new BootstrapSecrets("hermes-system", new SecureRandom());
  @TempDir Path folder;

  @Test
  @DisplayName("each process gets the passwords of its own roles, equal to the bootstrap Job's")
  void parts() {
    Map<String, String> roles = BootstrapSecrets.values(secrets.databaseRoles());
    Map<String, String> api = BootstrapSecrets.values(secrets.part("hermes-db-api", roles));
    Map<String, String> operator =
        BootstrapSecrets.values(secrets.part("hermes-db-operator", roles));

    assertThat(roles).containsOnlyKeys(BootstrapSecrets.ROLES);
    assertThat(roles.values())
        .doesNotHaveDuplicates()
        .allMatch(password -> password.matches("[0-9A-Za-z]{32}"));
    assertThat(api).containsOnlyKeys("app", "authn", "platform", "jobs");
    assertThat(operator).containsOnlyKeys("provisioner", "probe");
    assertThat(BootstrapSecrets.values(secrets.part("hermes-db-backup", roles)))
        .containsOnlyKeys("backup");
    assertThat(roles).containsAllEntriesOf(api).containsAllEntriesOf(operator);
  }

  @Test
  @DisplayName("the token of the egress proxy's reports is none to guess, and another each time")
  void reports() {
    Map<String, String> token = BootstrapSecrets.values(secrets.egressReport());

    assertThat(token).containsOnlyKeys("token");
    assertThat(token.get("token")).matches("[0-9A-Za-z]{32}");
    assertThat(BootstrapSecrets.values(secrets.egressReport())).isNotEqualTo(token);
  }

  @Test
  @DisplayName("the pepper is one that the processes accept")
  void pepper() throws IOException {
    Files.writeString(folder.resolve("1"), BootstrapSecrets.values(secrets.pepper()).get("1"));

    assertThat(Pepper.load(folder).digest(new byte[32]).version()).isEqualTo(1);
  }

  @Test
  @DisplayName("the signing pair belongs together and is read by those who use it")
  void signing() throws IOException {
    String pem = SigningKeys.newPrivatePem(new SecureRandom());
    Path privatePem = Files.writeString(folder.resolve("private.pem"), pem);
    Path publicPem = Files.writeString(folder.resolve("public.pem"), SigningKeys.publicPem(pem));

    assertThat(PublicKeys.read(publicPem))
        .isEqualTo(PublicKeys.of(TokenSigner.privateKey(privatePem)));
  }
}
