package dev.hermes.api.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.skill.SkillName;
import dev.hermes.api.skill.SkillRules;
import dev.hermes.api.skill.Skills;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * Calls of the tool {@code skill}: from here on the skill binds the turn, and its text is told. One
 * that requires a sandbox where the turn has none is not told at all.
 */
@Singleton
final class SkillCalls {
  private final TenantDatabase database;
  private final Skills skills;
  private final ToolReceipts receipts;
  private final ObjectMapper json;

  SkillCalls(TenantDatabase database, Skills skills, ToolReceipts receipts, ObjectMapper json) {
    this.database = database;
    this.skills = skills;
    this.receipts = receipts;
    this.json = json;
  }

  ToolResult run(ToolTurn turn, ToolCall call, Receipt receipt) {
    SkillName name;
    try {
      name = SkillName.parse(name(call.arguments()));
    } catch (ApiException e) {
      receipts.begin(turn, receipt, "");
      return ToolResult.error(e.failure().message(), "");
    }
    Optional<Skills.Called> called =
        database.inTenant(
            turn.caller().tenant(),
            handle -> {
              receipts.write(turn, receipt, "");
              return skills.call(turn.caller(), name);
            });
    turn.written();
    return called
        .map(skill -> use(turn, skill))
        .orElseGet(() -> ToolResult.error("there is no skill " + name.value(), ""));
  }

  private static ToolResult use(ToolTurn turn, Skills.Called skill) {
    SkillRules rules = skill.rules();
    if (rules.sandboxRequired() && turn.sandboxTools(rules).isEmpty()) {
      return ToolResult.refused(
          new ToolOutcome.Answered(
              "error: the skill "
                  + rules.name().value()
                  + " may only run in a sandbox, and this turn has none for it: "
                  + turn.whyNoSandbox(),
              true));
    }
    turn.uses(rules);
    return ToolResult.of(
        new ToolOutcome.Answered(rules.line() + "\n" + skill.instructions(), false), "");
  }

  private String name(String arguments) {
    try {
      JsonNode name = json.readTree(arguments).path("name");
      return name.isTextual() ? name.textValue() : "";
    } catch (JsonProcessingException e) {
      return "";
    }
  }
}
