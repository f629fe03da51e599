import { ThinkAction } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import { toolOf } from "./toolOf.ts";

export const thinkTool = toolOf<ThinkAction>({
  name: "think",
  kind: "ThinkAction",
  description: "Writes down a thought and changes nothing.",
  action: ThinkAction,
  parameters: {},
  isReadOnly: true,
  risk: () => "LOW",
  run: async () => ({ kind: "ThinkObservation", content: [textContent("Your thought has been logged.")], is_error: false }),
});
