import { FinishAction } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import { lowRisk } from "./tool.ts";
import { toolOf } from "./toolOf.ts";

export const finishTool = toolOf<FinishAction>({
  name: "finish",
  kind: "FinishAction",
  description: "Ends the task. Call it alone, when the work is done and checked, or you need the person.",
  action: FinishAction,
  parameters: { message: "For the person: what you changed, which command proves that it works, and what is left." },
  isReadOnly: true,
  risk: () => lowRisk,
  run: async (action) => ({ kind: "FinishObservation", content: [textContent(action.message)], is_error: false }),
});
