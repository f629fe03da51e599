import * as z from "zod";
import type { ConfirmationPolicy } from "./state.ts";

/** When the agent asks, in the words of settings and flags. */
export const ConfirmMode = z.enum(["always", "risky", "never"]);
export type ConfirmMode = z.infer<typeof ConfirmMode>;

/** The policy of each mode (agent-server protocol §6.6); what counts as risky is decided by our own code, per tool and runtime. */
export const confirmPolicies: Readonly<Record<ConfirmMode, ConfirmationPolicy>> = {
  always: { kind: "AlwaysConfirm" },
  risky: { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true },
  never: { kind: "NeverConfirm" },
};

export const defaultMaxSteps = 500;

/** `openhands.*` in VS Code's settings; test/vscode/manifest.test.ts holds package.json to it. Values of a wrong type count as unset. */
export const Settings = z.object({
  /** Empty: none is chosen. */
  model: z.string().catch("").default(""),
  /** Empty: OpenAI. */
  baseUrl: z.string().catch("").default(""),
  confirm: ConfirmMode.catch("risky").default("risky"),
  maxSteps: z.number().int().min(1).catch(defaultMaxSteps).default(defaultMaxSteps),
});
export type Settings = z.infer<typeof Settings>;
