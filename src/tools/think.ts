import { ThinkAction } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import { lowRisk } from "./tool.ts";
import { toolOf } from "./toolOf.ts";

export const thinkTool = toolOf<ThinkAction>({
  name: "think",
  kind: "ThinkAction",
  description: "Writes down a thought and changes nothing.",
  action: ThinkAction,
  parameters: {},
  isReadOnly: true,
  risk: () => lowRisk,
  run: async () => ({ kind: "ThinkObservation", content: [textContent("Your thought has been logged.")], is_error: false }),
});
