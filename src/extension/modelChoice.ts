import { isDeepStrictEqual } from "node:util";
import { demoModel } from "../llm/demo.ts";
import { isVscodeModel } from "../llm/vscodeModel.ts";
import type { Command } from "../protocol/commands.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { confirmPolicies, limitsOf, llmOf, type ModelProfile, type Settings } from "../protocol/settings.ts";
import type { ConversationState, LlmRef } from "../protocol/state.ts";
import { endpointHost } from "./apiKeys.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which model the settings, or else the environment, name. `source` says which. */
export type ModelChoice =
  | { readonly source: "none" }
  | { readonly source: "demo"; readonly llm: LlmRef }
  | { readonly source: "profile"; readonly llm: LlmRef; readonly profile: ModelProfile }
  /** A model that VS Code offers. */
  | { readonly source: "vscode"; readonly llm: LlmRef }
  /** A name in the settings that no profile has: a model of OpenAI. */
  | { readonly source: "name"; readonly llm: LlmRef }
  | { readonly source: "environment"; readonly llm: LlmRef };

export function chooseModel({ model, profiles }: Pick<Settings, "model" | "profiles">, environment: Environment): ModelChoice {
  const profile = profiles.find(({ name }) => name === model);
  if (model === demoModel || (model === "" && environment["LLM_MODEL"] === demoModel)) return { source: "demo", llm: { model: demoModel } };
  if (profile) return { source: "profile", llm: llmOf(profile), profile };
  if (model !== "") return { source: isVscodeModel({ model }) ? "vscode" : "name", llm: { model } };
  const llm = environmentModel(environment);
  return llm === undefined ? { source: "none" } : { source: "environment", llm };
}

/** The model behind an endpoint that the environment names, chosen or not; the demo is none. */
export function environmentModel({ LLM_MODEL, LLM_BASE_URL, OPENAI_BASE_URL }: Environment): LlmRef | undefined {
  const url = LLM_BASE_URL || OPENAI_BASE_URL;
  return LLM_MODEL && LLM_MODEL !== demoModel ? { model: LLM_MODEL, ...(url ? { base_url: url } : {}) } : undefined;
}

/** The name that stands under the composer. */
export function labelOf(choice: ModelChoice): string {
  switch (choice.source) {
    case "none":
      return "Select a model";
    case "demo":
      return "Demo";
    case "profile":
      return choice.profile.name;
    case "vscode":
      return choice.llm.model.split("/").slice(2).join("/");
    case "name":
    case "environment":
      return choice.llm.model;
  }
}

/** Servers on this machine ask for no key. */
export function isLoopback(baseUrl: string | undefined): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(URL.parse(baseUrl ?? "")?.hostname ?? "");
}

/** The endpoints that a person may have a key for, each host once, that of the chosen model first. */
export function endpointsOf(choice: ModelChoice, profiles: readonly ModelProfile[]): readonly (string | undefined)[] {
  const chosen = choice.source === "none" || choice.source === "demo" || choice.source === "vscode" ? [] : [choice.llm.base_url];
  const all = [...chosen, ...profiles.map(({ baseUrl }) => baseUrl)];
  const each = all.filter((url, at) => all.findIndex((other) => endpointHost(other) === endpointHost(url)) === at);
  return each.length === 0 ? [undefined] : each;
}

/** The settings that a conversation follows. */
export interface FollowedSettings {
  readonly settings: Settings;
  readonly current: LlmRef | undefined;
}

/** What makes the conversation follow settings that have changed. What has not stays as it is there, such as limits that were raised for it. */
export function settingCommands(
  conversationId: ConversationId,
  state: ConversationState,
  { before, now }: { readonly before: FollowedSettings; readonly now: FollowedSettings },
): readonly Command[] {
  const { settings, current } = now;
  const policy = confirmPolicies[settings.confirm];
  const limits = limitsOf(settings);
  const { maxSteps: maxIterations } = settings;
  const isOther = (earlier: unknown, later: unknown, held: unknown): boolean =>
    !isDeepStrictEqual(earlier, later) && !isDeepStrictEqual(later, held);
  const hasOtherLimits = isOther(
    [limitsOf(before.settings), before.settings.maxSteps],
    [limits, maxIterations],
    [state.limits ?? {}, state.max_iterations],
  );
  return [
    ...(current && isOther(before.current, current, state.llm) ? [{ type: "llm.set" as const, conversationId, llm: current }] : []),
    ...(isOther(confirmPolicies[before.settings.confirm], policy, state.confirmation_policy)
      ? [{ type: "confirmation_policy.set" as const, conversationId, policy }]
      : []),
    ...(hasOtherLimits ? [{ type: "limits.set" as const, conversationId, limits, maxIterations }] : []),
  ];
}
