import * as z from "zod";
import type { ActionEvent } from "./events.ts";
import type { ConfirmationPolicy } from "./state.ts";

/** Which rule of ours gave an action its risk: what made it count as risky, or `model` where only the agent itself rates it so high. */
export const RiskReason = z.enum([
  "command",
  "edit",
  "outside",
  "secret",
  "protected",
  "program",
  "script",
  "schema",
  "unreadable",
  "server",
  "model",
]);
export type RiskReason = z.infer<typeof RiskReason>;

/** Why it is asked, in a sentence for each. */
const sentences: Readonly<Record<RiskReason, string>> = {
  command: "Asks because a command can do anything on this machine.",
  edit: "Asks because this changes a file.",
  outside: "Asks because this is outside the workspace.",
  secret: "Asks because this may hold a secret.",
  protected: "Asks because other programs run this file, or do what it says.",
  program: "Asks because a file of this name would be run in place of a program.",
  script: "Asks because this changes the commands in package.json that other programs run.",
  schema: "Asks because an editor would load the address that this names.",
  unreadable: "Asks because it could not be found out where this is.",
  server: "Asks because this is done by an MCP server, outside of every sandbox.",
  model: "Asks because the agent itself rates this as risky.",
};

const order: readonly ActionEvent["security_risk"][] = ["UNKNOWN", "LOW", "MEDIUM", "HIGH"];

/** Which rule makes it ask before `actions`, one batch: that of the riskiest of them. */
export function whyAsked(
  actions: readonly Pick<ActionEvent, "security_risk" | "risk_reason">[],
  policy: ConfirmationPolicy | undefined,
): string {
  if (policy?.kind === "AlwaysConfirm") return "Asks because the setting is to ask before every action.";
  if (policy?.kind !== "ConfirmRisky") return "Asks before it acts.";
  const worst = actions.reduce((risk, action) => Math.max(risk, order.indexOf(action.security_risk)), 0);
  const riskiest = actions.filter((action) => order.indexOf(action.security_risk) === worst);
  return [...new Set(riskiest.map(sentenceOf))].join(" ");
}

/** A log may come from a version that gave no reason, or has one that is not known here. */
function sentenceOf({ security_risk, risk_reason }: Pick<ActionEvent, "security_risk" | "risk_reason">): string {
  const reason = RiskReason.safeParse(risk_reason).data;
  if (reason !== undefined) return sentences[reason];
  return security_risk === "UNKNOWN"
    ? "Asks because nobody has rated the risk of this."
    : `Asks because the risk is rated ${security_risk.toLowerCase()}.`;
}
