import { displayAction, relativePath } from "../protocol/display.ts";
import type { ActionEvent, SecurityRisk } from "../protocol/events.ts";
import type { ConfirmationPolicy } from "../protocol/state.ts";
import { visibleText } from "../protocol/visibleText.ts";

const risks: readonly SecurityRisk[] = ["UNKNOWN", "LOW", "MEDIUM", "HIGH"];

/** The question in a few words: "Run this command?", "Edit src/date.ts?", "Allow 3 actions?". */
export function approvalTitle(actions: readonly ActionEvent[], workingDir: string): string {
  const [event] = actions;
  if (event === undefined || actions.length > 1) return `Allow ${actions.length} actions?`;
  const { plan, target } = displayAction({ event }, workingDir);
  return event.action?.kind === "TerminalAction" ? terminalTitle(event.action.is_input ?? false) : `${plan} ${visibleText(target)}?`;
}

/** Which rule asks, in words. */
export function whyAsked(actions: readonly ActionEvent[], policy: ConfirmationPolicy | undefined, workingDir: string): string {
  if (policy?.kind === "AlwaysConfirm") return "Asks because the setting is to ask before every action.";
  if (policy?.kind !== "ConfirmRisky") return "Asks before it acts.";
  const worst = actions.reduce((risk, action) => Math.max(risk, risks.indexOf(action.security_risk)), 0);
  const reasons = actions.filter((action) => risks.indexOf(action.security_risk) === worst).map((action) => reasonOf(action, workingDir));
  return [...new Set(reasons)].join(" ");
}

function reasonOf({ action, security_risk }: ActionEvent, workingDir: string): string {
  if (action?.kind === "TerminalAction") return "Asks because a command can do anything on this machine.";
  const path: unknown = action && "path" in action ? action.path : undefined;
  if (typeof path === "string" && relativePath(path, workingDir) === path) return "Asks because this is outside the folder.";
  return security_risk === "UNKNOWN"
    ? "Asks because nobody has rated the risk of this."
    : `Asks because the risk is rated ${security_risk.toLowerCase()}.`;
}

function terminalTitle(isInput: boolean): string {
  return isInput ? "Type this into the terminal?" : "Run this command?";
}
