package dev.hermes.api.skill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.api.problem.ApiException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents of skills, good and bad. */
class SkillDocumentTest {
  private static final String HEAD = "name: report\ndescription: Writes reports.\n";

  static String document(String head) {
    return "---\n" + head + "---\n\n# Report\nDo it.\n";
  }

  private static SkillDocument parse(String more) {
    return SkillDocument.parse(document(HEAD + more));
  }

  @Test
  @DisplayName("AGW-9 a document of the open format, with its own members and ours")
  void whole() {
    SkillDocument document =
        parse(
            """
            license: Apache-2.0
            compatibility: needs nothing
            allowed-tools: python bash, memory
            metadata:
              author: ann
              version: 1.0
            sandbox: required
            sandbox_tools: [python, files]
            timeout: 30
            """);
    assertThat(document.description()).isEqualTo("Writes reports.");
    assertThat(SkillDocument.body(document.text())).isEqualTo("# Report\nDo it.");
    SkillRules rules = document.rules();
    assertThat(rules.name().value()).isEqualTo("report");
    assertThat(rules.sandboxRequired()).isTrue();
    assertThat(rules.allowedTools()).contains(Set.of("python", "bash", "memory"));
    assertThat(rules.sandboxTools()).contains(Set.of("python", "files"));
    assertThat(rules.timeout()).contains(Duration.ofSeconds(30));
    assertThat(SkillRules.before(rules.line() + "\nbody")).isEqualTo(rules);

    SkillRules least = parse("").rules();
    assertThat(least.sandboxRequired()).isFalse();
    assertThat(least.allowedTools()).isEmpty();
    assertThat(least.timeout()).isEmpty();
    assertThat(SkillRules.before(least.line())).isEqualTo(least);
  }

  @Test
  @DisplayName("SBX-11 what the open format has no place for may stand below metadata, once")
  void metadata() {
    SkillRules rules =
        parse("metadata:\n  sandbox: required\n  sandbox_tools: python bash\n  timeout: \"7\"\n")
            .rules();
    assertThat(rules.sandboxRequired()).isTrue();
    assertThat(rules.sandboxTools()).contains(Set.of("python", "bash"));
    assertThat(rules.timeout()).contains(Duration.ofSeconds(7));
    assertThatThrownBy(() -> parse("sandbox: optional\nmetadata:\n  sandbox: required\n"))
        .hasMessageContaining("twice");
  }

  @Test
  @DisplayName("SBX-11 which tools a skill lets run: all that both lists and the sandbox allow")
  void allows() {
    SkillRules open = parse("").rules();
    assertThat(open.allows("memory", false)).isTrue();
    assertThat(open.allows("bash", true)).isTrue();
    SkillRules required = parse("sandbox: required\n").rules();
    assertThat(required.allows("memory", false)).isFalse();
    assertThat(required.allows("bash", true)).isTrue();
    SkillRules both =
        parse("allowed-tools: python memory\nsandbox_tools: [bash, python]\n").rules();
    assertThat(both.allows("memory", false)).isTrue();
    assertThat(both.allows("bash", true)).isFalse();
    assertThat(both.allows("python", true)).isTrue();
    assertThat(parse("allowed-tools: git-hub_create_issue\n").rules().allowedTools().orElseThrow())
        .as("a tool of an MCP server")
        .containsExactly("git-hub_create_issue");

    assertThat(both.allows("words_say", true)).as("not in allowed-tools").isFalse();
    SkillRules server =
        parse("sandbox: required\nallowed-tools: words_say\nsandbox_tools: [python]\n").rules();
    assertThat(server.allows("words_say", true)).as("a server in a sandbox").isTrue();
    assertThat(server.allows("words_say", false)).as("one over HTTP").isFalse();
    assertThat(server.allows("python", true)).isFalse();

    SkillRules none = parse("allowed-tools: []\n").rules();
    assertThat(none.allows("python", true)).isFalse();
    assertThat(none.allows("memory", false)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`sandbx: required` | means nothing here",
        "`sandbox: maybe` | neither required nor optional",
        "`sandbox: true` | no text",
        "`timeout: 0` | 1 to 3600",
        "`timeout: 3601` | 1 to 3600",
        "`timeout: 1.5` | no whole number",
        "`timeout: -1` | no whole number",
        "`timeout: [1]` | no whole number",
        "`sandbox_tools: [memory]` | can have there: bash, files, python",
        "`allowed-tools: Bash(git:*)` | can have there",
        "`allowed-tools: git-hub_` | can have there",
        "`allowed-tools: _search` | can have there",
        "`allowed-tools: [python, [bash]]` | nested deeper",
        "`allowed-tools: [1]` | no text",
        "`metadata: text` | metadata that is no list",
        "`license: 3` | no text",
        "`license: &a x` | anchor",
        "`license: *a` | anchor",
        "`license: !!str x` | tag",
        "`license: ! x` | tag",
        "`metadata: !!java.util.HashMap {a: b}` | tag",
        "`<<: {license: x}` | means nothing here",
        "`name: other` | twice",
        "`license: [a` | is no YAML",
        "`license: a: b` | is no YAML",
        "`sandbox: required\nsandbox_tools: []` | allows none of its tools",
        "`sandbox: required\nallowed-tools: memory` | allows none of its tools",
        "`...\nlicense: x` | is no YAML in line 5"
      })
  @DisplayName("AGW-9 what is wrong in a head is refused and said: kinds, aliases, tags, twice")
  void wrong(String more, String message) {
    assertThatThrownBy(() -> parse(more + "\n"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "text",
        "---\nname: a\n",
        "--- \nname: a",
        "---\n---\nbody",
        "---\n- a\n---\nbody",
        "---\nname: a\n---\nbody",
        "---\ndescription: d\nname: 12\n---\nbody",
        "---\ndescription: ''\nname: a\n---\nbody",
        "---\ndescription: \"a\\0\"\nname: a\n---\nbody",
        "---\nname: a\ndescription: d\n---\n \n"
      })
  @DisplayName("AGW-9 what is no document with a name, a description and instructions is refused")
  void noDocument(String text) {
    assertThatThrownBy(() -> SkillDocument.parse(text)).isInstanceOf(ApiException.class);
  }

  @Test
  @DisplayName("AGW-9 64 KiB of UTF-8 a document, to the byte, and a description of 1,024")
  void bounds() {
    String least = document(HEAD);
    String most = least + "x".repeat(SkillDocument.MOST_BYTES - least.length());
    assertThat(SkillDocument.parse(most).text()).hasSize(65536);
    assertThatThrownBy(() -> SkillDocument.parse(most + "x")).hasMessageContaining("65537");
    String described = "name: a\ndescription: " + "\u00fc".repeat(1024);
    assertThat(SkillDocument.parse(document(described + "\n")).description()).hasSize(1024);
    assertThatThrownBy(() -> SkillDocument.parse(document(described + "x\n")))
        .hasMessageContaining("1024");
    assertThat(SkillDocument.parse(document(HEAD).replace("\n", "\r\n")).rules().name().value())
        .as("lines as Windows ends them")
        .isEqualTo("report");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a-b", "a1-2-3c", "0", "report"})
  @DisplayName("AGW-9 control: names that are names")
  void names(String name) {
    assertThat(SkillName.parse(name).value()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ".", "..", "../x", "../../etc/passwd", "a/b", "a\\b", "/a", "a/", "%2e%2e", "%2F", "A",
        "x..y", "x.y", "a b", "a\nb", "a\n", "a\0", "-a", "a-", "a--b", "a_b", "\u00e4",
            "\uff0e\uff0e",
        "~", "a:b", "C:", "con.",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  @DisplayName(
      "AGW-9 names that mean something in a path, and all others that are none, are refused")
  void traversal(String name) {
    assertThatThrownBy(() -> SkillName.parse(name)).isInstanceOf(ApiException.class);
    assertThatThrownBy(
            () -> SkillDocument.parse("---\nname: '" + name + "'\ndescription: d\n---\nbody"))
        .isInstanceOf(ApiException.class);
  }
}
