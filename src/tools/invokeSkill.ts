import { InvokeSkillAction } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import { lowRisk, type Tool } from "./tool.ts";
import { toolOf } from "./toolOf.ts";

/** Gives the model the text of a skill that it was told the name of; `textOf` answers undefined for a name that it was not. */
export function invokeSkillTool(names: readonly string[], textOf: (name: string) => string | undefined): Tool {
  return toolOf<InvokeSkillAction>({
    name: "invoke_skill",
    kind: "InvokeSkillAction",
    description:
      "Reads a skill: instructions for a certain kind of task. Its name is one of those that you were told; read it before you begin such a task.",
    action: InvokeSkillAction,
    parameters: { name: "The skill's name." },
    isReadOnly: true,
    risk: () => lowRisk,
    run: async ({ name }) => {
      const found = textOf(name.trim());
      const sentence = `There is no skill "${name.slice(0, 200)}". The skills are: ${names.join(", ")}.`;
      const content = [textContent(found ?? sentence)];
      return { kind: "InvokeSkillObservation", content, is_error: found === undefined, skill_name: name.trim() };
    },
  });
}
