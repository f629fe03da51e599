import { displayCost, displaySeconds } from "../protocol/display.ts";
import { defaultMaxSteps } from "../protocol/settings.ts";
import type { ConversationState } from "../protocol/state.ts";
import type { ChatCommand } from "./chatCommand.ts";

const limitCodes = new Set(["MaxIterationsReached", "MaxBudgetReached", "MaxTokensReached", "MaxTimeReached"]);

/** Whether an error says that a run has reached one of its limits. */
export function isLimit(code: string): boolean {
  return limitCodes.has(code);
}

/** What doubles the limit that a run has reached, and to how much; undefined for an error that is no limit, or when there was none. */
export function raisedLimits(
  code: string,
  { limits = {}, max_iterations }: Pick<ConversationState, "limits" | "max_iterations">,
): { readonly command: ChatCommand; readonly to: string } | undefined {
  const { max_cost_usd, max_tokens, max_wall_seconds } = limits;
  switch (code) {
    case "MaxIterationsReached": {
      const maxIterations = 2 * (max_iterations ?? defaultMaxSteps);
      return { command: { type: "limits.set", limits, maxIterations }, to: `${maxIterations} steps` };
    }
    case "MaxBudgetReached":
      return max_cost_usd === undefined
        ? undefined
        : { command: { type: "limits.set", limits: { ...limits, max_cost_usd: 2 * max_cost_usd } }, to: displayCost(2 * max_cost_usd) };
    case "MaxTokensReached":
      return max_tokens === undefined
        ? undefined
        : { command: { type: "limits.set", limits: { ...limits, max_tokens: 2 * max_tokens } }, to: `${2 * max_tokens} tokens` };
    case "MaxTimeReached":
      return max_wall_seconds === undefined
        ? undefined
        : {
            command: { type: "limits.set", limits: { ...limits, max_wall_seconds: 2 * max_wall_seconds } },
            to: displaySeconds(2 * max_wall_seconds),
          };
    default:
      return undefined;
  }
}
