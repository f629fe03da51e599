import { type ActionEvent, SecurityRisk } from "../protocol/events.ts";
import type { ConfirmationPolicy } from "../protocol/state.ts";

type Judged = Pick<ActionEvent, "action" | "security_risk">;

/**
 * Whether a person is asked before `actions`, one batch, run (agent-server protocol §6.6): one risky call holds the whole batch, and
 * a single finish or think, or a look at the task list or a change of it, never asks.
 */
export function needsConfirmation(policy: ConfirmationPolicy, actions: readonly Judged[]): boolean {
  const [only] = actions;
  if (actions.length <= 1 && (only === undefined || isHarmless(only))) return false;
  switch (policy.kind) {
    case "NeverConfirm":
      return false;
    case "AlwaysConfirm":
      return true;
    case "ConfirmRisky":
      return actions.some(({ security_risk }) =>
        security_risk === "UNKNOWN" ? policy.confirm_unknown : reaches(security_risk, policy.threshold),
      );
  }
}

function isHarmless({ action }: Judged): boolean {
  return action?.kind === "FinishAction" || action?.kind === "ThinkAction" || action?.kind === "TaskTrackerAction";
}

function reaches(risk: SecurityRisk, threshold: SecurityRisk): boolean {
  return SecurityRisk.options.indexOf(risk) >= SecurityRisk.options.indexOf(threshold);
}
