import { displayAction } from "../protocol/display.ts";
import type { ActionEvent, SecurityRisk } from "../protocol/events.ts";
import type { ConfirmationPolicy } from "../protocol/state.ts";
import { visibleText } from "./visibleText.ts";

const risks: readonly SecurityRisk[] = ["UNKNOWN", "LOW", "MEDIUM", "HIGH"];

/** The question in a few words: "Run this command?", "Edit src/date.ts?", "Allow 3 actions?". */
export function approvalTitle(actions: readonly ActionEvent[], workingDir: string): string {
  const [event] = actions;
  if (event === undefined || actions.length > 1) return `Allow ${actions.length} actions?`;
  const { plan, target } = displayAction({ event }, workingDir);
  return event.action?.kind === "TerminalAction" ? terminalTitle(event.action.is_input ?? false) : `${plan} ${visibleText(target)}?`;
}

/** Which rule asks. */
export function whyAsked(actions: readonly ActionEvent[], policy: ConfirmationPolicy | undefined): string {
  if (policy?.kind === "AlwaysConfirm") return "Asks because the setting is to ask before every action.";
  if (policy?.kind !== "ConfirmRisky") return "Asks before it acts.";
  const risk = actions.reduce<SecurityRisk>(
    (worst, action) => (risks.indexOf(action.security_risk) > risks.indexOf(worst) ? action.security_risk : worst),
    "UNKNOWN",
  );
  if (risk === "UNKNOWN") return "Asks because nobody has rated the risk of this.";
  return `Asks because the risk is rated ${risk.toLowerCase()}; the setting is to ask from ${policy.threshold.toLowerCase()} on.`;
}

function terminalTitle(isInput: boolean): string {
  return isInput ? "Type this into the terminal?" : "Run this command?";
}
